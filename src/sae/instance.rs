//! One instance as SAE writes it, and as the domain reads it. Whatever cannot be read of it is absent.

use bytestring::ByteString;
use serde::Deserialize;

use super::lenient::{Flag, Integer, Millis, OneOrMany, Text};
use crate::domain::{ObservedInstance, ObservedSidecar};

/// An entry of `Instances`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(clippy::struct_field_names, reason = "SAE's own names")]
pub(super) struct Instance<'a> {
    #[serde(borrow)]
    instance_id: Text<'a>,
    group_id: Text<'a>,
    instance_container_status: Text<'a>,
    main_container_status: Text<'a>,
    instance_health_status: Text<'a>,
    instance_container_restarts: Integer,
    instance_container_ip: Text<'a>,
    eip: Text<'a>,
    v_switch_id: Text<'a>,
    image_url: Text<'a>,
    package_version: Text<'a>,
    create_time_stamp: Millis,
    finish_time_stamp: Millis,
    debug_status: Flag,
    traffic_status: Text<'a>,
    sidecar_containers_status: OneOrMany<Sidecar<'a>>,
    tags: OneOrMany<Tag<'a>>,
    unhealthy_message: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Sidecar<'a> {
    #[serde(borrow)]
    container_id: Text<'a>,
    container_status: Text<'a>,
    image_url: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tag<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    value: Text<'a>,
}

impl Instance<'_> {
    /// The same, sharing the body that it was read from. `asked_group` is the group of one that names none.
    pub(super) fn observed(self, body: &ByteString, asked_group: &str) -> ObservedInstance {
        let said = |text: Text<'_>| text.within(body);
        let sidecars = self.sidecar_containers_status.0.unwrap_or_default();
        let tags = self.tags.0.unwrap_or_default();
        ObservedInstance {
            id: said(self.instance_id).unwrap_or_default(),
            group_id: said(self.group_id).or_else(|| Some(asked_group.into())),
            container: said(self.instance_container_status),
            main: said(self.main_container_status),
            health: said(self.instance_health_status),
            restarts: self.instance_container_restarts.0.filter(|restarts| *restarts >= 0),
            ip: said(self.instance_container_ip),
            eip: said(self.eip),
            v_switch_id: said(self.v_switch_id),
            image: said(self.image_url),
            package_version: said(self.package_version),
            created_at: self.create_time_stamp.0,
            finished_at: self.finish_time_stamp.0,
            debug: self.debug_status.0,
            traffic_status: said(self.traffic_status),
            sidecars: sidecars.into_iter().filter_map(|one| one.observed(body)).collect(),
            tags: tags.into_iter().filter_map(|one| one.observed(body)).collect(),
            message: said(self.unhealthy_message),
        }
    }
}

impl Sidecar<'_> {
    /// A sidecar; nothing for an entry that says nothing.
    fn observed(self, body: &ByteString) -> Option<ObservedSidecar> {
        let sidecar = ObservedSidecar {
            id: self.container_id.within(body),
            status: self.container_status.within(body),
            image: self.image_url.within(body),
        };
        (sidecar != ObservedSidecar::default()).then_some(sidecar)
    }
}

impl Tag<'_> {
    /// A tag as its user wrote it; nothing for the documentation's sample, whose two sides are empty.
    fn observed(self, body: &ByteString) -> Option<(ByteString, ByteString)> {
        let Self { key, value } = self;
        (key.said().is_some() || value.said().is_some()).then(|| (key.verbatim(body), value.verbatim(body)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn one(instance: &Value) -> ObservedInstance {
        let body = ByteString::from(instance.to_string());
        serde_json::from_str::<Instance<'_>>(&body).unwrap().observed(&body, "group-1")
    }

    #[test]
    fn every_field_of_an_instance_is_read() {
        let documented = json!({
            "InstanceId": "shop-1", "GroupId": "", "InstanceContainerStatus": "Running",
            "MainContainerStatus": "空", "InstanceHealthStatus": "Healthy", "InstanceContainerRestarts": 2,
            "InstanceContainerIp": "10.0.0.1", "Eip": "", "VSwitchId": "vsw-1", "ImageUrl": "shop:v1",
            "PackageVersion": "1609939496200", "CreateTimeStamp": 1_558_442_609_000_u64, "FinishTimeStamp": 0,
            "Timestamp": 1_558_442_609_000_u64, "DebugStatus": true, "TrafficStatus": "null",
            "SidecarContainersStatus": [
                {"ContainerId": "c", "ContainerStatus": "Running", "ImageUrl": "-"}, {"ContainerId": ""},
            ],
            "Tags": [{"Key": "team", "Value": ""}, {"Key": "", "Value": ""}],
            "UnhealthyMessage": "line 1\nline 2",
        });
        let expected = ObservedInstance {
            id: "shop-1".into(),
            group_id: Some("group-1".into()),
            container: Some("Running".into()),
            main: None,
            health: Some("Healthy".into()),
            restarts: Some(2),
            ip: Some("10.0.0.1".into()),
            eip: None,
            v_switch_id: Some("vsw-1".into()),
            image: Some("shop:v1".into()),
            package_version: Some("1609939496200".into()),
            created_at: Some("2019-05-21T12:43:29Z".parse().unwrap()),
            finished_at: None,
            debug: Some(true),
            traffic_status: None,
            sidecars: vec![ObservedSidecar {
                id: Some("c".into()),
                status: Some("Running".into()),
                image: None,
            }],
            tags: vec![("team".into(), "".into())],
            message: Some("line 1\nline 2".into()),
        };
        assert_eq!(one(&documented), expected);
    }

    #[test]
    fn a_field_of_a_wrong_type_costs_nothing_but_itself() {
        let wrong = one(&json!({
            "InstanceId": 12345, "InstanceContainerStatus": "Running", "InstanceHealthStatus": ["Healthy"],
            "InstanceContainerRestarts": "3", "CreateTimeStamp": "1558442609000", "FinishTimeStamp": {},
            "DebugStatus": "False", "Eip": true, "Tags": "none", "SidecarContainersStatus": {"ContainerStatus": 1},
        }));
        let expected = ObservedInstance {
            id: "12345".into(),
            group_id: Some("group-1".into()),
            container: Some("Running".into()),
            restarts: Some(3),
            created_at: Some("2019-05-21T12:43:29Z".parse().unwrap()),
            debug: Some(false),
            eip: Some("true".into()),
            sidecars: vec![ObservedSidecar { status: Some("1".into()), ..ObservedSidecar::default() }],
            ..ObservedInstance::default()
        };
        assert_eq!(wrong, expected);
        assert_eq!(one(&json!({"InstanceContainerRestarts": -1})).restarts, None);
    }
}
