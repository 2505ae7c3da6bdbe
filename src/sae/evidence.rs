//! From a good envelope to what a diagnosis is made of: change orders and events.

use jiff::Timestamp;
use serde::Deserialize;

use super::decode::{page, read_object};
use super::lenient::{Field, Integer, Lenient as _, OneOrMany, Text};
use super::operation::Operation;
use super::{Answer, Error};
use crate::domain::diagnosis::{AppEvent, ChangeOrder};
use crate::domain::text::{MESSAGE_BYTES, TEXT_BYTES, clean};

/// `Data` of the three operations; each fills some of it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Data<'a> {
    #[serde(borrow)]
    change_order_list: OneOrMany<Order<'a>>,
    app_event_entity: OneOrMany<Event<'a>>,
    total_size: Option<Integer>,
    error_message: Text<'a>,
}

/// An entry of `ChangeOrderList`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Order<'a> {
    #[serde(borrow)]
    change_order_id: Text<'a>,
    co_type_code: Text<'a>,
    status: Text<'a>,
    create_time: Text<'a>,
}

/// An entry of `AppEventEntity`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(clippy::struct_field_names, reason = "SAE's own names")]
struct Event<'a> {
    #[serde(borrow)]
    object_kind: Text<'a>,
    object_name: Text<'a>,
    event_type: Text<'a>,
    reason: Text<'a>,
    message: Text<'a>,
    cause_analysis: Text<'a>,
    first_timestamp: Text<'a>,
    last_timestamp: Text<'a>,
}

impl Answer {
    /// The change orders of ListChangeOrders. One without an id is left out: nothing can be asked about it.
    pub fn change_orders(mut self) -> Result<Vec<ChangeOrder>, Error> {
        let body = self.text(Operation::ChangeOrders)?;
        self.decode(Operation::ChangeOrders, &body, |data, _| {
            let Data { change_order_list: Field(listed), total_size, .. } = read_object(data)?;
            let silent = "the answer has neither ChangeOrderList nor a TotalSize of 0";
            let listed = page(listed, total_size, silent)?.entries;
            Ok(listed.into_iter().filter_map(Order::listed).collect())
        })
    }

    /// What DescribeChangeOrder says of a change order.
    pub fn change_order_message(mut self) -> Result<Option<String>, Error> {
        let body = self.text(Operation::ChangeOrder)?;
        self.decode(Operation::ChangeOrder, &body, |data, _| {
            let Data { error_message, .. } = read_object(data)?;
            // What it says of one that went well.
            Ok(message(&error_message).filter(|message| !message.eq_ignore_ascii_case("success")))
        })
    }

    /// The events of ListAppEvents.
    pub fn events(mut self) -> Result<Vec<AppEvent>, Error> {
        let body = self.text(Operation::Events)?;
        self.decode(Operation::Events, &body, |data, _| {
            let Data { app_event_entity: Field(listed), total_size, .. } = read_object(data)?;
            let silent = "the answer has neither AppEventEntity nor a TotalSize of 0";
            let listed = page(listed, total_size, silent)?.entries;
            Ok(listed.into_iter().map(Event::listed).collect())
        })
    }
}

// Texts are cut as they are read: an answer may hold hundreds that no status has room for.

fn said(text: &Text<'_>) -> Option<String> {
    text.said().map(|text| clean(text, TEXT_BYTES))
}

fn message(text: &Text<'_>) -> Option<String> {
    text.said().map(|text| clean(text, MESSAGE_BYTES))
}

/// A time of an event, which has a time zone; or milliseconds since 1970, as SAE writes other times.
fn time(text: &Text<'_>) -> Option<Timestamp> {
    let text = text.said()?.trim();
    text.parse().ok().or_else(|| Timestamp::text(text.into()))
}

impl Order<'_> {
    fn listed(self) -> Option<ChangeOrder> {
        Some(ChangeOrder {
            id: said(&self.change_order_id)?,
            kind: said(&self.co_type_code),
            status: said(&self.status),
            created_at: said(&self.create_time),
        })
    }
}

impl Event<'_> {
    fn listed(self) -> AppEvent {
        AppEvent {
            kind: said(&self.event_type),
            reason: said(&self.reason),
            object_kind: said(&self.object_kind),
            object_name: said(&self.object_name),
            message: message(&self.message),
            cause: message(&self.cause_analysis),
            first_at: time(&self.first_timestamp),
            last_at: time(&self.last_timestamp),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sae::Class;

    /// An answer with this `Data`, as text, so that it can be broken in any way.
    fn answer(data: &str) -> Answer {
        let body = format!(r#"{{"Success": true, "RequestId": "R-1", "Data": {data}}}"#);
        Answer { status: 200, body: body.into_bytes(), ..Answer::default() }
    }

    fn documented(operation: Operation) -> Answer {
        let answers: Value = serde_json::from_str(include_str!("../../tests/data/evidence.json")).unwrap();
        let body = answers[operation.name()].to_string().into_bytes();
        Answer { status: 200, body, ..Answer::default() }
    }

    fn order(fields: &Value) -> ChangeOrder {
        let orders = answer(&json!({ "ChangeOrderList": [fields] }).to_string()).change_orders().unwrap();
        let [order] = <[_; 1]>::try_from(orders).unwrap();
        order
    }

    fn event(fields: &Value) -> AppEvent {
        let events = answer(&json!({ "AppEventEntity": [fields] }).to_string()).events().unwrap();
        let [event] = <[_; 1]>::try_from(events).unwrap();
        event
    }

    fn said_of(message: &Value) -> Option<String> {
        answer(&json!({ "ErrorMessage": message }).to_string()).change_order_message().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_documented_answers_are_read() {
        let orders = documented(Operation::ChangeOrders).change_orders().unwrap();
        let seen: Vec<_> =
            orders.iter().map(|order| (order.kind.as_deref(), order.status.as_deref())).collect();
        assert_eq!(seen, [(Some("CoDeploy"), Some("3")), (Some("CoScaleOut"), Some("2"))]);
        assert_eq!(orders[0].id, "afedb3c4-63f8-4a3d-aaa3-2c30363f****");
        assert_eq!(orders[0].created_at.as_deref(), Some("2019-07-11 20:12:58"));

        let message = documented(Operation::ChangeOrder).change_order_message().unwrap();
        assert_eq!(message.as_deref(), Some("batch 1: the readiness probe of 1 of 3 instances failed"));

        let events = documented(Operation::Events).events().unwrap();
        let [unhealthy, back_off] = &events[..] else { panic!("{events:?}") };
        assert_eq!(
            (unhealthy.kind.as_deref(), unhealthy.object_kind.as_deref()),
            (Some("Warning"), Some("Pod"))
        );
        assert_eq!(unhealthy.cause.as_deref(), Some("The health check of the application failed."));
        assert_eq!(unhealthy.first_at, Some(at("2019-07-11T12:12:59Z")));
        assert_eq!((back_off.reason.as_deref(), back_off.cause.as_deref()), (Some("BackOff"), None));
        assert_eq!(
            (back_off.first_at, back_off.last_at),
            (Some(at("2019-07-11T12:13:00.5Z")), Some(at("2019-07-11T12:20:00Z")))
        );
    }

    #[test]
    fn what_lists_nothing_and_does_not_say_so_is_unreadable() {
        let (orders, events) = ("ChangeOrderList", "AppEventEntity");
        for data in [
            "null",
            "[]",
            r#""x""#,
            "7",
            "true",
            "{}",
            r#"{"TotalSize": 1}"#,
            r#"{"TotalSize": null}"#,
            r#"{"LIST": null}"#,
            r#"{"LIST": "oops"}"#,
            r#"{"LIST": 7}"#,
            r#"{"LIST": [], "TotalSize": -1}"#,
            r#"{"LIST": [], "TotalSize": "many"}"#,
            r#"{"list": []}"#,
        ] {
            let of_orders = answer(&data.replace("LIST", orders)).change_orders().unwrap_err();
            let of_events = answer(&data.replace("LIST", events)).events().unwrap_err();
            for error in [of_orders, of_events] {
                assert_eq!(
                    (error.class, error.request_id.as_deref()),
                    (Class::Malformed, Some("R-1")),
                    "{data}"
                );
            }
        }
        for data in ["null", "[]", r#""success""#, "7"] {
            assert_eq!(answer(data).change_order_message().unwrap_err().class, Class::Malformed, "{data}");
        }
        for data in [
            r#"{"TotalSize": 0}"#,
            r#"{"TotalSize": "0"}"#,
            r#"{"LIST": []}"#,
            r#"{"LIST": [], "TotalSize": 3}"#,
        ] {
            assert_eq!(answer(&data.replace("LIST", orders)).change_orders(), Ok(vec![]), "{data}");
            assert_eq!(answer(&data.replace("LIST", events)).events(), Ok(vec![]), "{data}");
        }
    }

    #[test]
    fn html_nothing_and_half_an_answer_are_unreadable() {
        for body in ["", "<html><body>login</body></html>", "[]", r#"{"Success": true, "Data": {"#, "null"] {
            let answer = Answer { status: 200, body: body.into(), ..Answer::default() };
            let errors = [
                answer.clone().change_orders().unwrap_err(),
                answer.clone().change_order_message().unwrap_err(),
                answer.events().unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.class, Class::Malformed, "{body}");
                assert!(!error.to_string().contains('<'), "{error}");
            }
        }
    }

    #[test]
    fn an_odd_field_is_absent_and_costs_nothing_else() {
        let odd =
            order(&json!({"ChangeOrderId": 17, "CoTypeCode": "空", "Status": "3", "CreateTime": ["2019"]}));
        assert_eq!(odd, ChangeOrder { id: "17".into(), status: Some("3".into()), ..ChangeOrder::default() });
        assert_eq!(order(&json!({"ChangeOrderId": "a", "Status": 10})).status.as_deref(), Some("10"));
        assert_eq!(order(&json!({"ChangeOrderId": "a", "Status": null})).status, None);
        assert_eq!(order(&json!({"ChangeOrderId": "a", "Status": {"code": 3}})).status, None);

        let odd = event(
            &json!({"Reason": 7, "Message": null, "CauseAnalysis": "-", "ObjectKind": {}, "EventType": ""}),
        );
        assert_eq!(odd, AppEvent { reason: Some("7".into()), ..AppEvent::default() });
        for no_event in [json!(null), json!(7), json!("x"), json!([1])] {
            assert_eq!(event(&no_event), AppEvent::default(), "{no_event}");
        }
    }

    #[test]
    fn one_object_is_a_list_of_one_and_an_order_without_an_id_is_none() {
        let orders = |list: Value| {
            answer(&json!({ "ChangeOrderList": list }).to_string()).change_orders().unwrap().len()
        };
        assert_eq!(orders(json!({"ChangeOrderId": "a"})), 1);
        assert_eq!(orders(json!([{"ChangeOrderId": ""}, {"Status": 3}, null, {"ChangeOrderId": "a"}])), 1);
        let events = answer(r#"{"AppEventEntity": {"Reason": "BackOff"}}"#).events().unwrap();
        assert_eq!(events.len(), 1);
    }

    #[test]
    fn of_a_name_that_stands_twice_the_last_one_counts() {
        let orders = answer(
            r#"{"ChangeOrderList": [{"ChangeOrderId": "a", "Status": 2, "Status": 3}], "TotalSize": 9, "TotalSize": 1}"#,
        );
        assert_eq!(orders.change_orders().unwrap()[0].status.as_deref(), Some("3"));
        let events =
            answer(r#"{"AppEventEntity": [], "AppEventEntity": [{"Reason": "x", "Reason": "BackOff"}]}"#);
        assert_eq!(events.events().unwrap()[0].reason.as_deref(), Some("BackOff"));
        let message =
            answer(r#"{"ErrorMessage": "success", "ErrorMessage": "no"}"#).change_order_message().unwrap();
        assert_eq!(message.as_deref(), Some("no"));
    }

    #[test]
    fn a_time_of_an_event_has_a_zone_or_counts_milliseconds() {
        let time = |value: Value| event(&json!({ "LastTimestamp": value })).last_at;
        let noon = Some(at("2026-11-30T12:00:00Z"));
        for text in [
            "2026-11-30T12:00:00Z",
            "2026-11-30T12:00:00.000Z",
            "2026-11-30T20:00:00+08:00",
            " 2026-11-30T12:00:00Z ",
            "2026-11-30 12:00:00Z",
            "1796040000000",
        ] {
            assert_eq!(time(json!(text)), noon, "{text}");
        }
        assert_eq!(time(json!(1_796_040_000_000_i64)), noon);
        assert_eq!(time(json!("2026-11-30T12:00:00.25Z")), Some(at("2026-11-30T12:00:00.25Z")));
        for nonsense in [
            json!("2026-11-30 12:00:00"),
            json!("yesterday"),
            json!("2026-13-41T99:00:00Z"),
            json!(0),
            json!(-1),
            json!("0"),
            json!(i64::MAX),
            json!(1.5e12),
            json!("9999999999999999999999"),
            json!(null),
            json!(true),
            json!({}),
            json!("空"),
        ] {
            assert_eq!(time(nonsense.clone()), None, "{nonsense}");
        }
    }

    #[test]
    fn a_change_order_that_went_well_has_no_message() {
        for nothing in
            [json!("success"), json!("Success"), json!(""), json!("空"), json!(null), json!(["x"]), json!({})]
        {
            assert_eq!(said_of(&nothing), None, "{nothing}");
        }
        assert_eq!(answer("{}").change_order_message(), Ok(None));
        assert_eq!(said_of(&json!("success rate is 3 of 4")).as_deref(), Some("success rate is 3 of 4"));
    }

    #[test]
    fn hostile_texts_are_one_clean_line_and_end_early() {
        let url = "https://user:marked-secret@registry/";
        for hostile in [
            "\u{1b}[31mred\r\n\u{0}".repeat(9),
            "x".repeat(1 << 20),
            "空".repeat(1000),
            format!("<b>{url}</b>"),
        ] {
            let message = said_of(&json!(hostile)).unwrap();
            let AppEvent { reason, message: text, cause, object_name, .. } = event(
                &json!({"Reason": hostile, "Message": hostile, "CauseAnalysis": hostile, "ObjectName": hostile}),
            );
            let ChangeOrder { id, kind, .. } =
                order(&json!({"ChangeOrderId": hostile, "CoTypeCode": hostile}));
            let texts = [(Some(message), 512), (text, 512), (cause, 512), (reason, 256), (object_name, 256)];
            for (text, most) in texts.into_iter().chain([(Some(id), 256), (kind, 256)]) {
                let text = text.unwrap();
                assert!(text.len() <= most && !text.contains(char::is_control), "{text:?}");
                assert!(!text.contains("marked-secret"), "{text:?}");
            }
        }
    }

    #[test]
    fn five_hundred_events_as_large_as_an_answer_may_be_are_read_in_little_memory() {
        // Half of them with an escape, which cannot be borrowed from the body.
        let long = |number: usize| format!("{}{}", "y".repeat(16_000), ["", "\n"][number % 2]);
        let events: Vec<_> =
            (0..500).map(|number| json!({"Reason": "BackOff", "Message": long(number)})).collect();
        let events = answer(&json!({ "AppEventEntity": events }).to_string()).events().unwrap();
        let held: usize =
            events.iter().filter_map(|event| event.message.as_ref()).map(String::capacity).sum();
        assert_eq!(events.len(), 500);
        assert!(held <= 500 * MESSAGE_BYTES, "{held} bytes");
    }
}
