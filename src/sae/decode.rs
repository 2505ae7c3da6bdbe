//! From a good envelope to what the domain reads, leniently field by field and strictly about what is absent:
//! an application without instances says so outright, and everything else is unreadable (contract §6).

use bytestring::ByteString;
use serde_json::Value;

use super::documented;
use super::lenient::{Object, count, flag, integer, list, millis, tag, text, verbatim};
use super::request::Operation;
use super::{Answer, ApplicationCounts, ApplicationsPage, Error, InstancesPage};
use crate::domain::{ObservedGroup, ObservedInstance, ObservedSidecar};

/// What makes an answer unreadable, in words.
type Unreadable = &'static str;

impl Answer {
    /// One page of DescribeApplicationInstances; `asked_group` is the group of instances that name none.
    pub fn instances(self, asked_group: &str) -> Result<InstancesPage, Error> {
        documented::instances(self, asked_group).or_else(|answer| answer.lenient_instances(asked_group))
    }

    pub(super) fn lenient_instances(self, asked_group: &str) -> Result<InstancesPage, Error> {
        self.decode(Operation::Instances, |envelope| instances(envelope, asked_group))
    }

    /// One page of DescribeApplicationGroups.
    pub fn groups(self) -> Result<Vec<ObservedGroup>, Error> {
        self.decode(Operation::Groups, groups)
    }

    /// One page of ListApplications.
    pub fn applications(self) -> Result<ApplicationsPage, Error> {
        self.decode(Operation::Applications, applications)
    }

    /// Whether DescribeApplicationStatus calls the application STOPPED.
    pub fn is_stopped(self) -> Result<bool, Error> {
        self.decode(Operation::Status, is_stopped)
    }

    fn decode<T>(
        self,
        operation: Operation,
        read: impl FnOnce(&Object) -> Result<T, Unreadable>,
    ) -> Result<T, Error> {
        let operation = operation.name();
        let envelope = self.envelope(operation)?;
        read(&envelope).map_err(|problem| Error {
            request_id: text(envelope.get("RequestId")),
            ..self.malformed(operation, problem)
        })
    }
}

fn instances(envelope: &Object, asked_group: &str) -> Result<InstancesPage, Unreadable> {
    let data = data(envelope)?;
    let total = total(data.get("TotalSize"))?;
    let instances = match list(unnested(data.get("Instances"), "Instance")) {
        Some(items) => items.iter().map(|item| instance(item, asked_group)).collect(),
        None if total == Some(0) => Vec::new(),
        None => return Err("the answer has neither Instances nor a TotalSize of 0"),
    };
    Ok(InstancesPage { instances, total })
}

/// The groups, which are `Data` itself.
fn groups(envelope: &Object) -> Result<Vec<ObservedGroup>, Unreadable> {
    let groups = list(envelope.get("Data")).ok_or("the answer's Data is no list of groups")?;
    groups.iter().map(group).collect()
}

/// The applications; their count stands in `Data` and beside it.
fn applications(envelope: &Object) -> Result<ApplicationsPage, Unreadable> {
    let data = data(envelope)?;
    let total = total(data.get("TotalSize").or_else(|| envelope.get("TotalSize")))?;
    let applications = match list(data.get("Applications")) {
        Some(items) => items.iter().map(application).collect(),
        None if total == Some(0) => Vec::new(),
        None => return Err("the answer has neither Applications nor a TotalSize of 0"),
    };
    Ok(ApplicationsPage { applications, total })
}

fn is_stopped(envelope: &Object) -> Result<bool, Unreadable> {
    let status = text(data(envelope)?.get("CurrentStatus"));
    let status = status.ok_or("the answer has no CurrentStatus")?;
    Ok(status.eq_ignore_ascii_case("STOPPED"))
}

fn data(envelope: &Object) -> Result<&Object, Unreadable> {
    match envelope.get("Data") {
        Some(Value::Object(data)) => Ok(data),
        None | Some(Value::Null) => Err("the answer has no Data"),
        Some(_) => Err("the answer's Data is no object"),
    }
}

/// A TotalSize may be absent; one that is no count makes the list beside it unbelievable.
fn total(value: Option<&Value>) -> Result<Option<u64>, Unreadable> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => count(Some(value)).map(Some).ok_or("the answer's TotalSize is no count"),
    }
}

/// The old form of lists, `{"Instances": {"Instance": […]}}`, which a classic SDK still reads.
fn unnested<'a>(value: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    match value {
        Some(Value::Object(object)) if object.len() == 1 => object.get(name).or(value),
        _ => value,
    }
}

/// An instance is never dropped: whatever cannot be read of it is absent.
fn instance(value: &Value, asked_group: &str) -> ObservedInstance {
    let field = |name: &str| value.get(name);
    let said = |name: &str| said(value, name);
    ObservedInstance {
        id: said("InstanceId").unwrap_or_default(),
        group_id: said("GroupId").or_else(|| Some(asked_group.into())),
        container: said("InstanceContainerStatus"),
        main: said("MainContainerStatus"),
        health: said("InstanceHealthStatus"),
        restarts: integer(field("InstanceContainerRestarts")).filter(|restarts| *restarts >= 0),
        ip: said("InstanceContainerIp"),
        eip: said("Eip"),
        v_switch_id: said("VSwitchId"),
        image: said("ImageUrl"),
        package_version: said("PackageVersion"),
        created_at: millis(field("CreateTimeStamp")),
        finished_at: millis(field("FinishTimeStamp")),
        debug: flag(field("DebugStatus")),
        traffic_status: said("TrafficStatus"),
        sidecars: list(field("SidecarContainersStatus"))
            .unwrap_or_default()
            .iter()
            .filter_map(sidecar)
            .collect(),
        tags: list(field("Tags"))
            .unwrap_or_default()
            .iter()
            .filter_map(|one| {
                let side = |name| verbatim(one.get(name)).unwrap_or_default().into();
                tag(side("Key"), side("Value"))
            })
            .collect(),
        message: said("UnhealthyMessage"),
    }
}

/// A sidecar; nothing for an entry that says nothing.
fn sidecar(value: &Value) -> Option<ObservedSidecar> {
    let said = |name: &str| said(value, name);
    let sidecar =
        ObservedSidecar { id: said("ContainerId"), status: said("ContainerStatus"), image: said("ImageUrl") };
    (sidecar != ObservedSidecar::default()).then_some(sidecar)
}

/// What a field says, in the form that the domain reads.
fn said(value: &Value, name: &str) -> Option<ByteString> {
    text(value.get(name)).map(ByteString::from)
}

/// Without its id a group cannot be asked about, and leaving it out would hide its instances.
fn group(value: &Value) -> Result<ObservedGroup, Unreadable> {
    Ok(ObservedGroup {
        id: text(value.get("GroupId")).ok_or("the answer has a group without GroupId")?,
        name: text(value.get("GroupName")),
        replicas: integer(value.get("Replicas")).filter(|replicas| *replicas >= 0),
        image: text(value.get("ImageUrl")),
        package_version: text(value.get("PackageVersion")),
    })
}

fn application(value: &Value) -> ApplicationCounts {
    ApplicationCounts {
        app: text(value.get("AppId")).unwrap_or_default(),
        instances: integer(value.get("Instances")),
        running: integer(value.get("RunningInstances")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        serde_json::from_value(value).unwrap()
    }

    fn page(data: &Value) -> Result<InstancesPage, Unreadable> {
        instances(&object(json!({"Success": true, "Data": data})), "group-1")
    }

    #[test]
    fn an_empty_application_says_so_outright() {
        assert_eq!(page(&json!({"TotalSize": 0})).unwrap().instances, []);
        assert_eq!(page(&json!({"Instances": []})).unwrap().total, None);
        for silent in
            [json!({}), json!({"TotalSize": 1}), json!({"Instances": null}), json!({"Instances": "x"})]
        {
            assert!(page(&silent).is_err(), "{silent}");
        }
    }

    #[test]
    fn a_total_that_is_no_count_is_not_believed() {
        for total in [json!(-1), json!("one"), json!(1.5), json!(true), json!("")] {
            assert!(page(&json!({"TotalSize": total, "Instances": []})).is_err(), "{total}");
        }
        assert_eq!(page(&json!({"TotalSize": "7", "Instances": []})).unwrap().total, Some(7));
    }

    #[test]
    fn an_instance_is_never_dropped() {
        let page =
            page(&json!({"TotalSize": 3, "Instances": [{"InstanceId": 12345, "GroupId": null}, null, {}]}));
        let instances = page.unwrap().instances;
        assert_eq!(instances.len(), 3);
        assert_eq!(instances[0].id, "12345");
        assert_eq!(instances[0].group_id.as_deref(), Some("group-1"), "the group that was asked");
        assert_eq!(instances[1].id, "");
    }

    #[test]
    fn one_object_and_the_old_nested_form_are_lists() {
        assert_eq!(page(&json!({"Instances": {"InstanceId": "a"}})).unwrap().instances.len(), 1);
        let nested = page(&json!({"Instances": {"Instance": [{"InstanceId": "a"}, {"InstanceId": "b"}]}}));
        assert_eq!(nested.unwrap().instances.len(), 2);
    }

    #[test]
    fn a_group_without_id_makes_the_answer_unreadable() {
        let answer = object(json!({"Data": [{"GroupId": "g", "Replicas": "3"}]}));
        assert_eq!(groups(&answer).unwrap()[0].replicas, Some(3));
        assert!(groups(&object(json!({"Data": [{"GroupName": "x"}]}))).is_err());
        assert!(groups(&object(json!({"Data": null}))).is_err());
        assert_eq!(groups(&object(json!({"Data": []}))).unwrap(), []);
    }

    #[test]
    fn only_stopped_is_stopped() {
        let stopped = |status: &str| is_stopped(&object(json!({"Data": {"CurrentStatus": status}})));
        assert_eq!(stopped("STOPPED"), Ok(true));
        assert_eq!(stopped("RUNNING"), Ok(false));
        assert_eq!(stopped("UNKNOWN"), Ok(false));
        assert!(stopped("").is_err());
    }

    #[test]
    fn the_applications_page_counts_itself_at_either_level() {
        let answer = json!({"TotalSize": 2, "Data": {"Applications": [{"AppId": "a", "Instances": 2}]}});
        let page = applications(&object(answer)).unwrap();
        assert_eq!(page.total, Some(2));
        assert_eq!(page.applications[0].instances, Some(2));
    }
}
