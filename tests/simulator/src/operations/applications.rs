//! ListApplications: all applications of the region with what they want and what runs.

use serde_json::{Value, json};

use super::Question;
use super::page::Page;
use crate::application::Application;
use crate::refusal::{self, Refusal};

/// Documented filters that the simulator does not have: refused, rather than silently not applied.
const NOT_SIMULATED: [&str; 5] = ["AppSource", "Tags", "IsStateful", "NewSaeVersion", "ProgrammingLanguage"];

pub(super) fn list(question: Question<'_>) -> Result<Value, Refusal> {
    if let Some(parameter) = NOT_SIMULATED.iter().find(|name| question.request.parameter(name).is_some()) {
        return Err(refusal::invalid_parameter(format_args!("the simulator has no filter {parameter}")));
    }
    let page = Page::read(question)?;
    let mut applications = Vec::new();
    for application in question.applications.values() {
        if asked_for(question, application)? {
            applications.push(application);
        }
    }
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

fn asked_for(question: Question<'_>, application: &Application) -> Result<bool, Refusal> {
    let equals =
        |parameter, value: &str| question.request.parameter(parameter).is_none_or(|asked| asked == value);
    let value = question.request.parameter("FieldValue").unwrap_or_default();
    let listed = |wanted: &str| value.split(',').any(|one| one.trim() == wanted);
    let field = match question.request.parameter("FieldType") {
        None => true,
        Some("appName") => application.name.contains(value),
        Some("appIds") => listed(&application.id),
        Some("instanceIps") => {
            application.instances().any(|instance| listed(&instance.instance_container_ip))
        }
        // No application here has a load balancer.
        Some("slbIps") => false,
        Some(other) => return Err(refusal::invalid_parameter(format_args!("FieldType: {other}"))),
    };
    Ok(field && equals("AppName", &application.name) && equals("NamespaceId", &application.namespace))
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
    json!({
        "AppId": application.id,
        "AppName": application.name,
        "NamespaceId": application.namespace,
        "NamespaceName": "default",
        "RegionId": application.region,
        "Instances": application.wanted_instances(),
        "RunningInstances": application.running_instances(),
        "AppDeletingStatus": false,
        "AppDescription": "",
        "AppType": "Image",
        "BaseAppId": "",
        "Children": [],
        "Cpu": 1000,
        "Mem": 2048,
        "EnableIdle": "false",
        "ImageUrl": application.image,
        "PackageUrl": "",
        "Labels": {},
        "Tags": [],
        "VpcId": "vpc-simulated",
        "NewSaeVersion": "std",
        "ResourceType": "application",
        "MseEnabled": false,
    })
}
