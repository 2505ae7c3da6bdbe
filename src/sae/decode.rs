//! From a good envelope to what the domain reads, leniently field by field and strictly about what is absent:
//! an application without instances says so outright, and everything else is unreadable (contract §6).

use bytestring::ByteString;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, SeqAccess};
use serde_json::{Map, Value};

use super::answer::Envelope;
use super::instance::Instance;
use super::lenient::{Field, Fields, Flag, Integer, Lenient, Object, OneOrMany, Text};
use super::operation::Operation;
use super::{AbnormalInstances, Answer, Error, ListedApplication, Page};
use crate::domain::{ObservedGroup, ObservedInstance};

/// What makes an answer unreadable, in words.
pub(super) type Unreadable = &'static str;

/// `Data` where it is an object; each operation fills some of it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Data<'a> {
    total_size: Option<Integer>,
    #[serde(borrow)]
    instances: Field<Instances<'a>>,
    applications: OneOrMany<Application<'a>>,
    current_status: Text<'a>,
}

/// The instances, also in the old form of lists, `{"Instances": {"Instance": […]}}`, which a classic SDK still reads.
#[derive(Default)]
struct Instances<'a>(Vec<Instance<'a>>);

/// An entry of DescribeApplicationGroups.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(clippy::struct_field_names, reason = "SAE's own names")]
struct Group<'a> {
    #[serde(borrow)]
    group_id: Text<'a>,
    group_name: Text<'a>,
    replicas: Integer,
    image_url: Text<'a>,
    package_version: Text<'a>,
}

/// An entry of `Applications`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Application<'a> {
    #[serde(borrow)]
    app_id: Text<'a>,
    app_name: Text<'a>,
    namespace_id: Text<'a>,
    instances: Integer,
    running_instances: Integer,
    app_deleting_status: Flag,
    tags: OneOrMany<ListedTag<'a>>,
}

/// A tag of an application.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListedTag<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    value: Text<'a>,
}

/// An entry of GetAvailabilityMetric.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Abnormal<'a> {
    #[serde(borrow)]
    app_id: Text<'a>,
    error_instances: Integer,
}

impl Answer {
    /// One page of DescribeApplicationInstances; `asked_group` is the group of instances that name none.
    pub fn instances(mut self, asked_group: &str) -> Result<Page<ObservedInstance>, Error> {
        let body = self.text(Operation::Instances)?;
        self.decode(Operation::Instances, &body, |data, _| {
            let Data { total_size, instances: Field(listed), .. } = read_object(data)?;
            let listed = listed.map(|Instances(listed)| listed);
            let page = page(listed, total_size, "the answer has neither Instances nor a TotalSize of 0")?;
            Ok(page.map(|instance| instance.observed(&body, asked_group)))
        })
    }

    /// One page of DescribeApplicationGroups, which are `Data` itself.
    pub fn groups(mut self) -> Result<Page<ObservedGroup>, Error> {
        let body = self.text(Operation::Groups)?;
        self.decode(Operation::Groups, &body, |data: Option<OneOrMany<Group<'_>>>, _| {
            let listed = data.and_then(|Field(listed)| listed);
            let listed = listed.ok_or("the answer's Data is no list of groups")?;
            let entries = listed.into_iter().map(Group::observed).collect::<Result<_, _>>()?;
            Ok(Page { entries, total: None })
        })
    }

    /// One page of ListApplications; their count stands in `Data` or beside it.
    pub fn applications(mut self) -> Result<Page<ListedApplication>, Error> {
        let body = self.text(Operation::Applications)?;
        self.decode(Operation::Applications, &body, |data, total_beside| {
            let Data { total_size, applications: Field(listed), .. } = read_object(data)?;
            let total_size = total_size.or(total_beside);
            let page = page(listed, total_size, "the answer has neither Applications nor a TotalSize of 0")?;
            Ok(page.map(Application::listed))
        })
    }

    /// The list of GetAvailabilityMetric, which is `Data` itself.
    pub fn abnormal_instances(mut self) -> Result<Vec<AbnormalInstances>, Error> {
        let body = self.text(Operation::Availability)?;
        self.decode(Operation::Availability, &body, |data: Option<OneOrMany<Abnormal<'_>>>, _| {
            let listed = data.and_then(|Field(listed)| listed);
            let listed = listed.ok_or("the answer's Data is no list of applications")?;
            Ok(listed.into_iter().map(Abnormal::instances).collect())
        })
    }

    /// Whether DescribeApplicationStatus calls the application STOPPED.
    pub fn is_stopped(mut self) -> Result<bool, Error> {
        let body = self.text(Operation::Status)?;
        self.decode(Operation::Status, &body, |data, _| {
            let Data { current_status, .. } = read_object(data)?;
            let status = current_status.said().ok_or("the answer has no CurrentStatus")?;
            Ok(status.eq_ignore_ascii_case("STOPPED"))
        })
    }

    /// Reads `Data` of a good answer, and the count beside it.
    pub(super) fn decode<'a, D: Lenient<'a>, T>(
        &self,
        operation: Operation,
        body: &'a ByteString,
        read: impl FnOnce(Option<Field<D>>, Option<Integer>) -> Result<T, Unreadable>,
    ) -> Result<T, Error> {
        let Envelope { data, total_size, request_id, .. } = self.envelope(operation, body)?;
        read(data, total_size).map_err(|problem| Error {
            request_id: request_id.said().map(str::to_owned).or_else(|| self.request_id.clone()),
            ..self.malformed(operation.name(), problem)
        })
    }
}

pub(super) fn read_object<T>(data: Option<Object<T>>) -> Result<T, Unreadable> {
    match data {
        Some(Field(Some(Fields(data)))) => Ok(data),
        Some(Field(None)) => Err("the answer's Data is no object"),
        None => Err("the answer has no Data"),
    }
}

/// A page of what is listed. TotalSize may be absent; one that is no count makes the list beside it unbelievable.
pub(super) fn page<T>(
    listed: Option<Vec<T>>,
    total_size: Option<Integer>,
    silent: Unreadable,
) -> Result<Page<T>, Unreadable> {
    let count = |Field(size): Integer| {
        size.and_then(|size| u64::try_from(size).ok()).ok_or("the answer's TotalSize is no count")
    };
    let total = total_size.map(count).transpose()?;
    let empty = (total == Some(0)).then(Vec::new);
    Ok(Page { entries: listed.or(empty).ok_or(silent)?, total })
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
    fn listed(self) -> ListedApplication {
        ListedApplication {
            app: self.app_id.said().unwrap_or_default().to_owned(),
            name: self.app_name.said().map(str::to_owned),
            namespace: self.namespace_id.said().map(str::to_owned),
            instances: self.instances.0,
            running: self.running_instances.0,
            is_deleting: self.app_deleting_status.0 == Some(true),
            tags: self.tags.0.unwrap_or_default().into_iter().filter_map(ListedTag::listed).collect(),
        }
    }
}

impl ListedTag<'_> {
    /// A tag without a key is none; one without a value has an empty one.
    fn listed(self) -> Option<(Box<str>, Box<str>)> {
        Some((self.key.said()?.into(), self.value.said().unwrap_or_default().into()))
    }
}

impl Abnormal<'_> {
    fn instances(self) -> AbnormalInstances {
        AbnormalInstances {
            app: self.app_id.said().unwrap_or_default().to_owned(),
            abnormal: self.error_instances.0,
        }
    }
}

impl<'de: 'a, 'a> Lenient<'de> for Instances<'a> {
    fn list<A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(Vec::list(list)?.map(Self))
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let mut object = Map::deserialize(MapAccessDeserializer::new(object))?;
        let nested = if object.len() == 1 { object.remove("Instance") } else { None };
        let list = OneOrMany::deserialize(nested.unwrap_or(Value::Object(object)));
        list.map(|Field(list)| list.map(Self)).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sae::Class;

    fn answer(body: &Value) -> Answer {
        Answer { status: 200, body: body.to_string().into_bytes(), ..Answer::default() }
    }

    fn read(data: &Value) -> Result<Page<ObservedInstance>, Error> {
        answer(&json!({"Success": true, "RequestId": "R-1", "Data": data})).instances("group-1")
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

    #[test]
    fn an_application_is_listed_with_its_name_and_namespace_and_whether_it_is_being_deleted() {
        let listed = json!([{"AppId": "a", "AppName": "shop", "NamespaceId": "cn-a:prod", "AppDeletingStatus": true,
                "Tags": [{"Key": "team", "Value": "a"}, {"Key": "", "Value": ""}, {"Key": "old"}]}]);
        let page =
            answer(&json!({"Success": true, "Data": {"Applications": listed}})).applications().unwrap();
        let [one] = &page.entries[..] else { panic!("{page:?}") };
        assert_eq!((one.name.as_deref(), one.namespace.as_deref()), (Some("shop"), Some("cn-a:prod")));
        assert!(one.is_deleting);
        assert_eq!(*one.tags, [("team".into(), "a".into()), ("old".into(), "".into())]);
    }

    #[test]
    fn abnormal_instances_are_data_itself_and_need_no_count() {
        let read = |data: Value| answer(&json!({"Success": true, "Data": data})).abnormal_instances();
        let rows = read(json!([{"AppId": "a", "ErrorInstances": 2}, {"AppId": "b"}])).unwrap();
        assert_eq!(rows.iter().map(|row| row.abnormal).collect::<Vec<_>>(), [Some(2), None]);
        assert_eq!(read(json!([])), Ok(vec![]));
        assert!(read(json!(null)).is_err());
    }
}
