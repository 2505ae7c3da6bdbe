//! A page of instances in the very form that SAE documents, read straight into what the domain reads.
//!
//! Nearly every answer has that form, and reading it by way of JSON values takes three times as long. Whatever has
//! another one, in any field, is left to `decode`, which is lenient; so this must say what `decode` would, or nothing.

use serde::Deserialize;

use super::by_name::ByName;
use super::lenient::{moment, said, tag};
use super::{Answer, InstancesPage};
use crate::domain::{ObservedInstance, ObservedSidecar};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    success: bool,
    data: ByName<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    total_size: Option<i64>,
    instances: Vec<ByName<Instance>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(clippy::struct_field_names, reason = "SAE's own names")]
struct Instance {
    instance_id: Option<String>,
    group_id: Option<String>,
    instance_container_status: Option<String>,
    main_container_status: Option<String>,
    instance_health_status: Option<String>,
    instance_container_restarts: Option<i64>,
    instance_container_ip: Option<String>,
    eip: Option<String>,
    v_switch_id: Option<String>,
    image_url: Option<String>,
    package_version: Option<String>,
    create_time_stamp: Option<i64>,
    finish_time_stamp: Option<i64>,
    debug_status: Option<bool>,
    traffic_status: Option<String>,
    #[serde(default)]
    sidecar_containers_status: Vec<ByName<Sidecar>>,
    #[serde(default)]
    tags: Vec<ByName<Tag>>,
    unhealthy_message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sidecar {
    container_id: Option<String>,
    container_status: Option<String>,
    image_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: String,
}

/// The page, if the answer is a good one in the documented form.
pub(super) fn instances(answer: &Answer, asked_group: &str) -> Option<InstancesPage> {
    let is_good = (200..300).contains(&answer.status);
    let ByName(envelope) = is_good.then(|| serde_json::from_slice(&answer.body).ok()).flatten()?;
    let Envelope { success, data: ByName(Data { total_size, instances }) } = envelope;
    let total = total_size.map(u64::try_from).transpose().ok()?;
    let instances = instances.into_iter().map(|ByName(one)| one.observed(asked_group)).collect();
    success.then_some(InstancesPage { instances, total })
}

impl Instance {
    fn observed(self, asked_group: &str) -> ObservedInstance {
        ObservedInstance {
            id: said(self.instance_id).unwrap_or_default(),
            group_id: said(self.group_id).or_else(|| Some(asked_group.to_owned())),
            container: said(self.instance_container_status),
            main: said(self.main_container_status),
            health: said(self.instance_health_status),
            restarts: self.instance_container_restarts.filter(|restarts| *restarts >= 0),
            ip: said(self.instance_container_ip),
            eip: said(self.eip),
            v_switch_id: said(self.v_switch_id),
            image: said(self.image_url),
            package_version: said(self.package_version),
            created_at: moment(self.create_time_stamp),
            finished_at: moment(self.finish_time_stamp),
            debug: self.debug_status,
            traffic_status: said(self.traffic_status),
            sidecars: self
                .sidecar_containers_status
                .into_iter()
                .filter_map(|ByName(one)| one.observed())
                .collect(),
            tags: self.tags.into_iter().filter_map(|ByName(one)| tag(one.key, one.value)).collect(),
            message: said(self.unhealthy_message),
        }
    }
}

impl Sidecar {
    fn observed(self) -> Option<ObservedSidecar> {
        let Self { container_id, container_status, image_url } = self;
        let (id, status, image) = (said(container_id), said(container_status), said(image_url));
        let sidecar = ObservedSidecar { id, status, image };
        (sidecar != ObservedSidecar::default()).then_some(sidecar)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// An answer with one instance, in the documented form.
    fn documented() -> Value {
        json!({
            "RequestId": "R", "Code": "200", "Message": "success", "Success": true, "ErrorCode": "",
            "Data": {"CurrentPage": 1, "PageSize": 10, "TotalSize": 1, "Instances": [{
                "InstanceId": "shop-1", "GroupId": "", "InstanceContainerStatus": "Running",
                "MainContainerStatus": "空", "InstanceHealthStatus": "Healthy", "InstanceContainerRestarts": 2,
                "InstanceContainerIp": "10.0.0.1", "Eip": "", "VSwitchId": "vsw-1", "ImageUrl": "shop:v1",
                "PackageVersion": "1609939496200", "CreateTimeStamp": 1_558_442_609_000_u64, "FinishTimeStamp": 0,
                "Timestamp": 1_558_442_609_000_u64, "DebugStatus": true, "TrafficStatus": "null",
                "SidecarContainersStatus": [
                    {"ContainerId": "c", "ContainerStatus": "Running", "ImageUrl": "-"}, {"ContainerId": ""},
                ],
                "Tags": [{"Key": "team", "Value": ""}, {"Key": "", "Value": ""}],
                "UnhealthyMessage": "空",
            }]},
        })
    }

    fn answer(body: &Value) -> Answer {
        Answer { status: 200, body: body.to_string().into_bytes(), ..Answer::default() }
    }

    /// Every field, at every depth, one after the other.
    fn with_each_field(value: &Value, change: &dyn Fn(&mut Value), found: &mut Vec<Value>) {
        fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
            match value {
                Value::Object(fields) => fields.iter().for_each(|(name, field)| {
                    found.push(format!("{at}/{name}"));
                    pointers(field, &format!("{at}/{name}"), found);
                }),
                Value::Array(items) => items.iter().enumerate().for_each(|(number, item)| {
                    found.push(format!("{at}/{number}"));
                    pointers(item, &format!("{at}/{number}"), found);
                }),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        let mut all = Vec::new();
        pointers(value, "", &mut all);
        for pointer in all {
            let mut changed = value.clone();
            change(changed.pointer_mut(&pointer).unwrap());
            found.push(changed);
        }
    }

    #[test]
    fn the_documented_form_is_read_here() {
        assert_eq!(instances(&answer(&documented()), "g").unwrap().instances[0].id, "shop-1");
    }

    #[test]
    fn what_is_read_here_is_what_the_lenient_way_reads() {
        let oddities = [
            json!(null),
            json!(""),
            json!("空"),
            json!(" - "),
            json!("7"),
            json!("Throttling.User"),
            json!(7),
            json!(-1),
            json!(1.5),
            json!(true),
            json!("true"),
            json!([]),
            json!({}),
            json!([{}]),
            json!([null]),
            json!(u64::MAX),
        ];
        let mut answers = vec![documented()];
        for oddity in oddities {
            with_each_field(&documented(), &|field| *field = oddity.clone(), &mut answers);
        }
        assert!(answers.len() > 400);
        for body in answers {
            if let Some(page) = instances(&answer(&body), "g") {
                assert_eq!(Ok(page), answer(&body).lenient_instances("g"), "{body}");
            }
        }
    }

    #[test]
    fn an_array_in_the_place_of_an_object_is_not_read_here() {
        let with = |pointer: &str, value: Value| {
            let mut body = documented();
            *body.pointer_mut(pointer).unwrap() = value;
            body
        };
        let mut instance = vec![Value::Null; 18];
        (instance[15], instance[16]) = (json!([]), json!([]));
        for body in [
            json!([true, {"TotalSize": 0, "Instances": []}]),
            with("/Data", json!([0, []])),
            with("/Data/Instances/0", json!(instance)),
            with("/Data/Instances/0/SidecarContainersStatus/0", json!(["c", "Running", "shop:v1"])),
            with("/Data/Instances/0/Tags/0", json!(["team", "shop"])),
        ] {
            assert!(instances(&answer(&body), "g").is_none(), "{body}");
        }
    }

    #[test]
    fn a_field_said_twice_and_a_refusal_are_not_read_here() {
        let twice = documented().to_string().replacen(r#""Eip":"""#, r#""Eip":"","Eip":"1.2.3.4""#, 1);
        assert!(instances(&Answer { body: twice.into_bytes(), ..answer(&json!({})) }, "g").is_none());
        assert!(instances(&Answer { status: 400, ..answer(&documented()) }, "g").is_none());
    }
}
