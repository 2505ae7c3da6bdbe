//! ListApplications: all applications of the region with what they want and what runs.

use serde_json::{Value, json};

use super::Question;
use super::filters::Filters;
use super::page::Page;
use crate::application::Application;
use crate::refusal::{self, Refusal};

/// "Valid values: [0, 10000]". What 0 gives is not said, and is refused here.
const LARGEST_PAGE: usize = 10_000;

pub(super) fn list(question: Question<'_>) -> Result<Value, Refusal> {
    let page = Page::read(question, LARGEST_PAGE)?;
    let filters = Filters::read(question)?;
    let all = question.applications.values();
    let is_asked_for =
        |application: &&Application| question.is_in_region(application) && filters.let_through(application);
    let mut applications: Vec<_> = all.filter(is_asked_for).collect();
    sort(question, &mut applications)?;
    let shown: Vec<_> = page.of(&applications).iter().map(|application| show(application)).collect();
    let (number, size, total) = (page.number, page.size, applications.len());
    // The page stands twice, and this operation has no TraceId.
    Ok(json!({
        "CurrentPage": number,
        "PageSize": size,
        "TotalSize": total,
        "Data": { "CurrentPage": number, "PageSize": size, "TotalSize": total, "Applications": shown },
    }))
}

/// Unlike elsewhere, `Reverse=true` means ascending here.
fn sort(question: Question<'_>, applications: &mut [&Application]) -> Result<(), Refusal> {
    let ascending = question.flag("Reverse")?;
    let key: fn(&Application) -> usize = match question.request.parameter("OrderBy") {
        None => return Ok(()),
        Some("running" | "runnings") => Application::running_instances,
        Some("instances") => Application::wanted_instances,
        Some(other) => return Err(refusal::invalid_parameter(format_args!("OrderBy: {other}"))),
    };
    applications.sort_by_key(|application| key(application));
    if !ascending {
        applications.reverse();
    }
    Ok(())
}

fn show(application: &Application) -> Value {
    row(application, "")
}

/// One row. `base` is the `AppId` of the application whose canary it is; those stand in the row of that one and are no
/// rows of their own.
fn row(application: &Application, base: &str) -> Value {
    let children: Vec<_> = application.children.iter().map(|child| row(child, &application.id)).collect();
    json!({
        "AppId": application.id,
        "AppName": application.name,
        "NamespaceId": application.namespace,
        "NamespaceName": application.namespace.split_once(':').map_or("default", |(_, name)| name),
        "RegionId": application.region,
        "Instances": application.wanted_instances(),
        "RunningInstances": application.running_instances(),
        "AppDeletingStatus": application.deleting,
        "AppDescription": "",
        "AppType": "Image",
        "BaseAppId": base,
        "Children": children,
        "Cpu": 1000,
        "Mem": 2048,
        "EnableIdle": "false",
        "ImageUrl": application.image,
        "PackageUrl": "",
        "Labels": {},
        "Tags": application.kind.tags,
        "VpcId": "vpc-simulated",
        "NewSaeVersion": application.kind.sae_version,
        "ProgrammingLanguage": application.kind.language,
        "IsStateful": application.kind.stateful,
        "ResourceType": "application",
        "MseEnabled": false,
    })
}
