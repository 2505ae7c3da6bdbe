//! DescribeApplicationGroups: the groups of one application with what they want. `Data` is an array, and
//! there is no total although the list is paged.

use serde_json::{Value, json};

use super::Question;
use super::page::{LARGEST, Page};
use crate::application::{Application, Group};
use crate::refusal::Refusal;

pub(super) fn describe(question: Question<'_>) -> Result<Value, Refusal> {
    let application = question.application()?;
    let page = Page::read(question, LARGEST)?;
    let groups: Vec<_> = page.of(&application.groups).iter().map(|group| show(application, group)).collect();
    Ok(json!({ "Data": groups }))
}

fn show(application: &Application, group: &Group) -> Value {
    json!({
        "GroupId": group.id,
        "GroupName": group.name,
        "GroupType": 0,
        "Replicas": group.replicas,
        "RunningInstances": group.instances.iter().filter(|instance| instance.runs()).count(),
        "PackageType": "Image",
        "PackageUrl": "",
        "PackageVersion": application.package_version,
        "PackageVersionId": "",
        "ImageUrl": application.image,
        "Jdk": "",
        "WebContainer": "",
        "EdasContainerVersion": "",
    })
}
