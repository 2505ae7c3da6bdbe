//! DescribeApplicationInstances: the instances of one group, the broken ones first.

use serde_json::{Value, json};

use super::Question;
use super::page::{LARGEST, Page};
use crate::instance::{self, Instance};
use crate::refusal::{self, Refusal};

/// The documented order of container statuses, lowest first. One that is not documented sorts last.
const STATUS_ORDER: [&str; 11] = [
    "Error",
    "CrashLoopBackOff",
    "ErrImagePull",
    "ImagePullBackOff",
    "Pending",
    "Unknown",
    "Terminating",
    "NotFound",
    "PodInitializing",
    "Init:0/1",
    "Running",
];

pub(super) fn describe(question: Question<'_>) -> Result<Value, Refusal> {
    let application = question.application()?;
    let group_id = question.required("GroupId")?;
    let group = application.groups.iter().find(|group| group.id == group_id);
    let group = group.ok_or_else(|| refusal::invalid_parameter(format_args!("GroupId: {group_id}")))?;

    let page = Page::read(question, LARGEST)?;
    let mut instances: Vec<_> =
        group.instances.iter().filter(|candidate| asked_for(question, candidate)).collect();
    instances.sort_by_key(|instance| (rank(&instance.instance_container_status), &instance.instance_id));
    if question.flag("Reverse")? {
        instances.reverse();
    }
    Ok(json!({ "Data": {
        "CurrentPage": page.number,
        "PageSize": page.size,
        "TotalSize": instances.len(),
        "Instances": page.of(&instances).iter().map(|instance| show(instance)).collect::<Vec<_>>(),
    }}))
}

/// Whether the filters `InstanceId` and `PipelineId` let it through.
fn asked_for(question: Question<'_>, instance: &Instance) -> bool {
    let fits =
        |parameter, value: &str| question.request.parameter(parameter).is_none_or(|asked| asked == value);
    fits("InstanceId", &instance.instance_id) && fits("PipelineId", &instance.pipeline_id)
}

fn rank(status: &str) -> usize {
    STATUS_ORDER.iter().position(|known| *known == status).unwrap_or(STATUS_ORDER.len())
}

fn show(instance: &Instance) -> Value {
    let mut fields = json!(instance);
    fields["Timestamp"] = json!(instance::now());
    fields
}
