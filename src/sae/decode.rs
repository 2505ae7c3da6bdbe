//! From a good envelope to what the domain reads, leniently field by field and strictly about what is absent:
//! an application without instances says so outright, and everything else is unreadable (contract §6).

use bytestring::ByteString;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess};
use serde_json::{Map, Value};

use super::answer::Envelope;
use super::lenient::{Flag, Integer, Lenient, Millis, Object, OneOrMany, Text, any};
use super::request::Operation;
use super::{Answer, ApplicationCounts, Error, Page};
use crate::domain::{ObservedGroup, ObservedInstance, ObservedSidecar};

/// What makes an answer unreadable, in words.
type Unreadable = &'static str;

/// `Data` of DescribeApplicationInstances.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Instances<'a> {
    total_size: Option<Integer>,
    #[serde(borrow)]
    instances: Unnested<'a>,
}

/// `Data` of ListApplications.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Applications<'a> {
    total_size: Option<Integer>,
    #[serde(borrow)]
    applications: OneOrMany<Application<'a>>,
}

/// `Data` of DescribeApplicationStatus.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Status<'a> {
    #[serde(borrow)]
    current_status: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(clippy::struct_field_names, reason = "SAE's own names")]
struct Instance<'a> {
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

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Group<'a> {
    #[serde(borrow)]
    group_id: Text<'a>,
    group_name: Text<'a>,
    replicas: Integer,
    image_url: Text<'a>,
    package_version: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Application<'a> {
    #[serde(borrow)]
    app_id: Text<'a>,
    instances: Integer,
    running_instances: Integer,
}

impl Answer {
    /// One page of DescribeApplicationInstances; `asked_group` is the group of instances that name none.
    pub fn instances(mut self, asked_group: &str) -> Result<Page<ObservedInstance>, Error> {
        let body = self.text(Operation::Instances)?;
        self.decode(Operation::Instances, &body, |data, _| instances(object(data)?, &body, asked_group))
    }

    /// One page of DescribeApplicationGroups.
    pub fn groups(mut self) -> Result<Page<ObservedGroup>, Error> {
        let body = self.text(Operation::Groups)?;
        self.decode(Operation::Groups, &body, |data, _| groups(data))
    }

    /// One page of ListApplications.
    pub fn applications(mut self) -> Result<Page<ApplicationCounts>, Error> {
        let body = self.text(Operation::Applications)?;
        self.decode(Operation::Applications, &body, |data, total| applications(object(data)?, total))
    }

    /// Whether DescribeApplicationStatus calls the application STOPPED.
    pub fn is_stopped(mut self) -> Result<bool, Error> {
        let body = self.text(Operation::Status)?;
        self.decode(Operation::Status, &body, |data, _| is_stopped(object(data)?))
    }

    /// Reads `Data` of a good answer, and what stands beside it.
    fn decode<'a, D: Deserialize<'a> + Default, T>(
        &self,
        operation: Operation,
        body: &'a ByteString,
        read: impl FnOnce(Option<D>, Option<Integer>) -> Result<T, Unreadable>,
    ) -> Result<T, Error> {
        let Envelope { data, total_size, request_id, .. } = self.envelope(operation, body)?;
        read(data, total_size).map_err(|problem| Error {
            request_id: request_id.said().map(str::to_owned).or_else(|| self.request_id.clone()),
            ..self.malformed(operation.name(), problem)
        })
    }
}

fn object<T>(data: Option<Object<T>>) -> Result<T, Unreadable> {
    match data {
        Some(Object(Some(data))) => Ok(data),
        Some(Object(None)) => Err("the answer's Data is no object"),
        None => Err("the answer has no Data"),
    }
}

fn instances(
    data: Instances<'_>,
    body: &ByteString,
    asked_group: &str,
) -> Result<Page<ObservedInstance>, Unreadable> {
    let Instances { total_size, instances: Unnested(OneOrMany(listed)) } = data;
    let page = page(listed, total_size, "the answer has neither Instances nor a TotalSize of 0")?;
    Ok(page.map(|instance| instance.observed(body, asked_group)))
}

/// The groups, which are `Data` itself.
fn groups(data: Option<OneOrMany<Group<'_>>>) -> Result<Page<ObservedGroup>, Unreadable> {
    let listed = data.and_then(|OneOrMany(listed)| listed).ok_or("the answer's Data is no list of groups")?;
    let entries = listed.into_iter().map(Group::observed).collect::<Result<_, _>>()?;
    Ok(Page { entries, total: None })
}

/// The applications; their count stands in `Data` or beside it.
fn applications(
    data: Applications<'_>,
    total_beside: Option<Integer>,
) -> Result<Page<ApplicationCounts>, Unreadable> {
    let Applications { total_size, applications: OneOrMany(listed) } = data;
    let total_size = total_size.or(total_beside);
    let page = page(listed, total_size, "the answer has neither Applications nor a TotalSize of 0")?;
    Ok(page.map(Application::counts))
}

fn is_stopped(Status { current_status }: Status<'_>) -> Result<bool, Unreadable> {
    let status = current_status.said().ok_or("the answer has no CurrentStatus")?;
    Ok(status.eq_ignore_ascii_case("STOPPED"))
}

/// A page of what is listed. TotalSize may be absent; one that is no count makes the list beside it unbelievable.
fn page<T>(
    listed: Option<Vec<T>>,
    total_size: Option<Integer>,
    silent: Unreadable,
) -> Result<Page<T>, Unreadable> {
    let count = |Integer(size): Integer| {
        size.and_then(|size| u64::try_from(size).ok()).ok_or("the answer's TotalSize is no count")
    };
    let total = total_size.map(count).transpose()?;
    let empty = (total == Some(0)).then(Vec::new);
    Ok(Page { entries: listed.or(empty).ok_or(silent)?, total })
}

impl Instance<'_> {
    fn observed(self, body: &ByteString, asked_group: &str) -> ObservedInstance {
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

impl Group<'_> {
    /// Without its id a group cannot be asked about, and leaving it out would hide its instances.
    fn observed(self) -> Result<ObservedGroup, Unreadable> {
        let said = |text: &Text<'_>| text.said().map(str::to_owned);
        Ok(ObservedGroup {
            id: said(&self.group_id).ok_or("the answer has a group without GroupId")?,
            name: said(&self.group_name),
            replicas: self.replicas.0.filter(|replicas| *replicas >= 0),
            image: said(&self.image_url),
            package_version: said(&self.package_version),
        })
    }
}

impl Application<'_> {
    fn counts(self) -> ApplicationCounts {
        ApplicationCounts {
            app: self.app_id.said().unwrap_or_default().to_owned(),
            instances: self.instances.0,
            running: self.running_instances.0,
        }
    }
}

/// The instances, also in the old form of lists, `{"Instances": {"Instance": […]}}`, which a classic SDK still reads.
#[derive(Default)]
struct Unnested<'a>(OneOrMany<Instance<'a>>);

impl<'de> Lenient<'de> for Unnested<'de> {
    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        OneOrMany::from_list(list).map(Self)
    }

    fn from_object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut object = Map::deserialize(MapAccessDeserializer::new(object))?;
        let nested = if object.len() == 1 { object.remove("Instance") } else { None };
        let list = OneOrMany::deserialize(nested.unwrap_or(Value::Object(object)));
        list.map(Self).map_err(A::Error::custom)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Unnested<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        any::<Unnested<'de>, D>(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sae::Class;
    use serde_json::json;

    fn answer(body: &Value) -> Answer {
        Answer { status: 200, body: body.to_string().into_bytes(), ..Answer::default() }
    }

    fn read(data: &Value) -> Result<Page<ObservedInstance>, Error> {
        answer(&json!({"Success": true, "RequestId": "R-1", "Data": data})).instances("group-1")
    }

    fn one(instance: &Value) -> ObservedInstance {
        read(&json!({"Instances": [instance]})).unwrap().entries.remove(0)
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

    #[test]
    fn an_empty_application_says_so_outright() {
        assert_eq!(read(&json!({"TotalSize": 0})).unwrap().entries, []);
        assert_eq!(read(&json!({"Instances": []})).unwrap().total, None);
        for silent in
            [json!({}), json!({"TotalSize": 1}), json!({"Instances": null}), json!({"Instances": "x"})]
        {
            assert!(read(&silent).is_err(), "{silent}");
        }
    }

    #[test]
    fn a_total_that_is_no_count_is_not_believed() {
        for total in [json!(-1), json!("one"), json!(1.5), json!(true), json!("")] {
            assert!(read(&json!({"TotalSize": total, "Instances": []})).is_err(), "{total}");
        }
        assert_eq!(read(&json!({"TotalSize": "7", "Instances": []})).unwrap().total, Some(7));
    }

    #[test]
    fn an_answer_without_data_is_unreadable_and_keeps_its_request_id() {
        for data in [json!(null), json!([0, []]), json!("x")] {
            let error = read(&data).unwrap_err();
            assert_eq!((error.class, error.request_id.as_deref()), (Class::Malformed, Some("R-1")), "{data}");
        }
    }

    #[test]
    fn an_instance_is_never_dropped() {
        let page = read(
            &json!({"TotalSize": 3, "Instances": [{"InstanceId": 12345, "GroupId": null}, null, ["a"]]}),
        );
        let instances = page.unwrap().entries;
        assert_eq!(instances.len(), 3);
        assert_eq!(instances[0].id, "12345");
        assert_eq!(instances[0].group_id.as_deref(), Some("group-1"), "the group that was asked");
        assert_eq!((&*instances[1].id, &*instances[2].id), ("", ""));
    }

    #[test]
    fn one_object_and_the_old_nested_form_are_lists() {
        assert_eq!(read(&json!({"Instances": {"InstanceId": "a"}})).unwrap().entries.len(), 1);
        let nested = read(&json!({"Instances": {"Instance": [{"InstanceId": "a"}, {"InstanceId": "b"}]}}));
        assert_eq!(nested.unwrap().entries[1].id, "b");
        assert!(read(&json!({"Instances": {"Instance": null}})).is_err());
    }

    #[test]
    fn a_group_without_id_makes_the_answer_unreadable() {
        let groups = |data: Value| answer(&json!({"Success": true, "Data": data})).groups();
        assert_eq!(groups(json!([{"GroupId": "g", "Replicas": "3"}])).unwrap().entries[0].replicas, Some(3));
        assert!(groups(json!([{"GroupName": "x"}])).is_err());
        assert!(groups(json!(null)).is_err());
        assert_eq!(groups(json!([])).unwrap().entries, []);
    }

    #[test]
    fn only_stopped_is_stopped() {
        let stopped =
            |status: &str| answer(&json!({"Success": true, "Data": {"CurrentStatus": status}})).is_stopped();
        assert_eq!(stopped("STOPPED"), Ok(true));
        assert_eq!(stopped("RUNNING"), Ok(false));
        assert_eq!(stopped("UNKNOWN"), Ok(false));
        assert!(stopped("").is_err());
    }

    #[test]
    fn the_applications_page_counts_itself_at_either_level() {
        let listed = json!([{"AppId": "a", "Instances": 2}]);
        for body in [
            json!({"Success": true, "TotalSize": 2, "Data": {"Applications": listed}}),
            json!({"Success": true, "Data": {"TotalSize": 2, "Applications": listed}}),
        ] {
            let page = answer(&body).applications().unwrap();
            assert_eq!((page.total, page.entries[0].instances), (Some(2), Some(2)), "{body}");
        }
    }
}
