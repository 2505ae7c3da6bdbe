//! A page of instances in the very form that SAE documents, read straight into what the domain reads.
//!
//! Nearly every answer has that form, and reading it by way of JSON values takes three times as long. Whatever has
//! another one, in any field, is left to `decode`, which is lenient; so this must say what `decode` would, or nothing.

use std::borrow::Cow;

use bytestring::ByteString;
use serde::Deserialize;

use super::by_name::ByName;
use super::lenient::{is_placeholder, moment, tag};
use super::{Answer, InstancesPage};
use crate::domain::{ObservedInstance, ObservedSidecar};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    success: bool,
    #[serde(borrow)]
    data: ByName<Data<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data<'a> {
    total_size: Option<i64>,
    #[serde(borrow)]
    instances: Vec<ByName<Instance<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(clippy::struct_field_names, reason = "SAE's own names")]
struct Instance<'a> {
    #[serde(borrow)]
    instance_id: Option<Text<'a>>,
    group_id: Option<Text<'a>>,
    instance_container_status: Option<Text<'a>>,
    main_container_status: Option<Text<'a>>,
    instance_health_status: Option<Text<'a>>,
    instance_container_restarts: Option<i64>,
    instance_container_ip: Option<Text<'a>>,
    eip: Option<Text<'a>>,
    v_switch_id: Option<Text<'a>>,
    image_url: Option<Text<'a>>,
    package_version: Option<Text<'a>>,
    create_time_stamp: Option<i64>,
    finish_time_stamp: Option<i64>,
    debug_status: Option<bool>,
    traffic_status: Option<Text<'a>>,
    #[serde(default)]
    sidecar_containers_status: Vec<ByName<Sidecar<'a>>>,
    #[serde(default)]
    tags: Vec<ByName<Tag<'a>>>,
    unhealthy_message: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sidecar<'a> {
    #[serde(borrow)]
    container_id: Option<Text<'a>>,
    container_status: Option<Text<'a>>,
    image_url: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag<'a> {
    #[serde(borrow, default)]
    key: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

/// A text where it stands in the body; one with escapes, which stands there otherwise, by itself.
#[derive(Deserialize, Default)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The page, if the answer is a good one in the documented form; else the answer.
pub(super) fn instances(mut answer: Answer, asked_group: &str) -> Result<InstancesPage, Answer> {
    if !(200..300).contains(&answer.status) {
        return Err(answer);
    }
    let body = match String::from_utf8(std::mem::take(&mut answer.body)) {
        Ok(body) => ByteString::from(body),
        Err(no_text) => return Err(Answer { body: no_text.into_bytes(), ..answer }),
    };
    page(&body, asked_group).ok_or_else(|| Answer { body: String::from(body).into_bytes(), ..answer })
}

fn page(body: &ByteString, asked_group: &str) -> Option<InstancesPage> {
    let ByName(Envelope { success, data: ByName(Data { total_size, instances }) }) =
        serde_json::from_str(body).ok()?;
    let total = total_size.map(u64::try_from).transpose().ok()?;
    let instances = instances.into_iter().map(|ByName(one)| one.observed(body, asked_group)).collect();
    success.then_some(InstancesPage { instances, total })
}

impl Instance<'_> {
    fn observed(self, body: &ByteString, asked_group: &str) -> ObservedInstance {
        let said = |text: Option<Text<'_>>| said(text, body);
        ObservedInstance {
            id: said(self.instance_id).unwrap_or_default(),
            group_id: said(self.group_id).or_else(|| Some(asked_group.into())),
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
                .filter_map(|ByName(one)| one.observed(body))
                .collect(),
            tags: self
                .tags
                .into_iter()
                .filter_map(|ByName(one)| tag(one.key.within(body), one.value.within(body)))
                .collect(),
            message: said(self.unhealthy_message),
        }
    }
}

impl Sidecar<'_> {
    fn observed(self, body: &ByteString) -> Option<ObservedSidecar> {
        let Self { container_id, container_status, image_url } = self;
        let (id, status, image) =
            (said(container_id, body), said(container_status, body), said(image_url, body));
        let sidecar = ObservedSidecar { id, status, image };
        (sidecar != ObservedSidecar::default()).then_some(sidecar)
    }
}

impl Text<'_> {
    /// The same, sharing the body.
    fn within(self, body: &ByteString) -> ByteString {
        match self.0 {
            Cow::Borrowed(text) => body.slice_ref(text),
            Cow::Owned(text) => text.into(),
        }
    }
}

/// A text that says something.
fn said(text: Option<Text<'_>>, body: &ByteString) -> Option<ByteString> {
    text.filter(|text| !is_placeholder(&text.0)).map(|text| text.within(body))
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
        assert_eq!(instances(answer(&documented()), "g").unwrap().instances[0].id, "shop-1");
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
            if let Ok(page) = instances(answer(&body), "g") {
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
            assert_eq!(instances(answer(&body), "g"), Err(answer(&body)), "handed back as it came");
        }
    }

    #[test]
    fn a_field_said_twice_and_a_refusal_are_not_read_here() {
        let twice = documented().to_string().replacen(r#""Eip":"""#, r#""Eip":"","Eip":"1.2.3.4""#, 1);
        assert!(instances(Answer { body: twice.into_bytes(), ..answer(&json!({})) }, "g").is_err());
        assert!(instances(Answer { status: 400, ..answer(&documented()) }, "g").is_err());
    }
}
