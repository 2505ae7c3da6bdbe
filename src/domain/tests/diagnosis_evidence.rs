//! What a status shows of SAE's answers (contract §14).

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::api::{Diagnosis, Incomplete, Time};
use crate::domain::diagnosis::{AppEvent, ChangeOrder, Evidence, assemble, explain};

/// 12:00 in UTC is 20:00 in China.
const SINCE: &str = "2026-11-30T12:00:00Z";

fn since() -> Timestamp {
    SINCE.parse().unwrap()
}

/// So many minutes after the health became bad.
fn after(minutes: i64) -> Timestamp {
    since() + SignedDuration::from_mins(minutes)
}

fn evidence(orders: Vec<ChangeOrder>, events: Vec<AppEvent>) -> Evidence {
    Evidence { at: after(1), orders: Ok(orders), message: Ok(None), events: Ok(events) }
}

fn order(id: &str, created_at: &str) -> ChangeOrder {
    ChangeOrder { id: id.into(), created_at: Some(created_at.into()), ..ChangeOrder::default() }
}

fn warning(reason: &str, object: &str, minute: i64) -> AppEvent {
    AppEvent {
        reason: Some(reason.into()),
        object_kind: Some("Pod".into()),
        object_name: Some(object.into()),
        message: Some(format!("{reason} at {minute}")),
        last_at: Some(after(minute)),
        ..AppEvent::default()
    }
}

fn shown_order(orders: &[(&str, &str)]) -> Option<String> {
    let orders = orders.iter().map(|(id, created_at)| order(id, created_at)).collect();
    assemble(&evidence(orders, Vec::new()), since()).change.map(|change| change.id)
}

#[test]
fn the_newest_change_order_is_shown_if_it_began_within_a_day_in_chinas_time() {
    for (orders, expected) in [
        (vec![("a", "2026-11-30 19:58:00")], Some("a")),
        (vec![("a", "2026-11-29 20:00:00")], Some("a")),
        (vec![("a", "2026-11-29 19:59:59")], None),
        (vec![("a", "2026-11-30 20:01:00")], Some("a")),
        (
            vec![("a", "2026-11-30 18:00:00"), ("b", "2026-11-30 19:00:00"), ("c", "2026-11-30 18:30:00")],
            Some("b"),
        ),
        // Of two of one second that which SAE lists first.
        (vec![("a", "2026-11-30 19:00:00"), ("b", "2026-11-30 19:00:00")], Some("a")),
        (vec![("a", "soon"), ("b", "2026-11-30 19:00:00"), ("c", "")], Some("b")),
        (vec![("a", " 2026-11-30T19:00:00 ")], Some("a")),
        (vec![("a", "2026-11-30T11:59:00Z"), ("b", "2026-11-30 19:58:59")], Some("a")),
        (vec![("a", "2026-11-30")], Some("a")),
        (vec![("a", "2026-13-30 19:00:00"), ("b", "9998-12-31 23:59:59"), ("c", "0")], Some("b")),
        (vec![], None),
    ] {
        assert_eq!(shown_order(&orders).as_deref(), expected, "{orders:?}");
    }
}

#[test]
fn only_the_first_ten_change_orders_count_in_whatever_order_they_come() {
    let mut orders = vec![("old", "2026-11-30 10:00:00"); 9];
    orders.push(("tenth", "2026-11-30 11:00:00"));
    orders.push(("newest", "2026-11-30 19:00:00"));
    assert_eq!(shown_order(&orders).as_deref(), Some("tenth"));
}

#[test]
fn a_change_order_is_shown_with_its_message_and_a_number_of_sae_as_a_word() {
    for (number, word, has_message) in [
        ("0", "Preparing", false),
        ("1", "Running", true),
        ("2", "Succeeded", false),
        ("3", "Failed", true),
        ("6", "Aborted", true),
        ("8", "WaitingForConfirmation", true),
        ("9", "WaitingForBatch", true),
        ("10", "SystemFailure", true),
        ("11", "AwaitingApproval", true),
        ("12", "Approved", false),
        ("7", "7", false),
    ] {
        let order = ChangeOrder {
            kind: Some("CoDeployHistroy".into()),
            status: Some(number.into()),
            ..order("7f2a", "2026-11-30 19:00:00")
        };
        assert_eq!(order.has_message(), has_message, "{number}");
        let answer = Evidence { message: Ok(Some("no image\n".into())), ..evidence(vec![order], Vec::new()) };
        let change = assemble(&answer, since()).change.unwrap();
        assert_eq!((change.status.as_deref(), change.message.as_deref()), (Some(word), Some("no image")));
        assert_eq!(
            (change.kind.as_deref(), change.created_at.as_deref()),
            (Some("CoDeployHistroy"), Some("2026-11-30 19:00:00"))
        );
    }
}

#[test]
fn warnings_of_one_reason_and_object_are_one_from_an_hour_before() {
    let events = vec![
        warning("Unhealthy", "a", -61),
        warning("Unhealthy", "a", -60),
        AppEvent { first_at: Some(after(-90)), cause: Some("no cpu".into()), ..warning("BackOff", "b", -5) },
        AppEvent { message: Some(" ".into()), ..warning("BackOff", "b", 3) },
        warning("BackOff", "c", 1),
        AppEvent { kind: Some("Normal".into()), ..warning("Pulled", "b", 1) },
        AppEvent {
            kind: Some("warning".into()),
            last_at: None,
            first_at: Some(after(2)),
            ..warning("Failed", "b", 0)
        },
        AppEvent { last_at: None, ..warning("Timeless", "b", 0) },
    ];
    let shown = assemble(&evidence(Vec::new(), events), since()).events;
    let row = |of: &crate::api::DiagnosedEvent| {
        let minutes = |time: Option<Time>| time.unwrap().0.duration_since(since()).as_secs() / 60;
        (of.reason.clone(), of.object.clone(), of.count, minutes(of.first_at), minutes(of.last_at))
    };
    let rows: Vec<_> = shown.iter().map(row).collect();
    let expected = [
        ("BackOff", "b", 2, -90, 3),
        ("Failed", "b", 1, 2, 2),
        ("BackOff", "c", 1, 1, 1),
        ("Unhealthy", "a", 1, -60, -60),
    ];
    let expected = expected.map(|(reason, object, count, first, last)| {
        (reason.to_owned(), format!("Pod/{object}"), count, first, last)
    });
    assert_eq!(rows, expected);
    assert_eq!(shown[0].message.as_deref(), Some("BackOff at -5"), "the newest that says something");
    assert_eq!(shown[0].cause.as_deref(), Some("no cpu"));
}

#[test]
fn the_ten_newest_warnings_are_shown() {
    let events = (0..25).map(|number| warning("BackOff", &format!("p-{number}"), number % 7)).collect();
    let shown = assemble(&evidence(Vec::new(), events), since()).events;
    assert_eq!(shown.len(), 10);
    assert!(shown.is_sorted_by_key(|event| std::cmp::Reverse(event.last_at)));
    assert_eq!(shown[9].last_at, Some(Time(after(3))));
}

#[test]
fn what_an_event_is_about_is_named_as_far_as_it_is_known() {
    let object = |kind: Option<&str>, name: Option<&str>| {
        let event = AppEvent {
            object_kind: kind.map(Into::into),
            object_name: name.map(Into::into),
            ..warning("BackOff", "", 0)
        };
        assemble(&evidence(Vec::new(), vec![event]), since()).events.remove(0).object
    };
    assert_eq!(object(Some("Pod"), Some("a")), "Pod/a");
    assert_eq!(
        (object(None, Some("a")), object(Some("Pod"), None), object(None, None)),
        ("a".into(), "Pod".into(), String::new())
    );
}

#[test]
fn the_first_thing_that_is_missing_is_named_and_the_rest_is_shown() {
    use Incomplete::{AccessDenied, Failed, NamespaceUnknown, Throttled, Unreadable};
    let missing = |orders: Option<Incomplete>, message: Option<Incomplete>, events: Option<Incomplete>| {
        let Evidence { at, .. } = evidence(Vec::new(), Vec::new());
        let answer = Evidence {
            at,
            orders: orders.map_or(Ok(vec![order("a", "2026-11-30 19:00:00")]), Err),
            message: message.map_or(Ok(None), Err),
            events: events.map_or(Ok(vec![warning("BackOff", "b", 0)]), Err),
        };
        let Diagnosis { change, events, incomplete, .. } = assemble(&answer, since());
        (change.is_some(), events.len(), incomplete)
    };
    assert_eq!(missing(None, None, None), (true, 1, None));
    assert_eq!(missing(Some(AccessDenied), None, Some(Failed)), (false, 1 - 1, Some(AccessDenied)));
    assert_eq!(missing(None, Some(Unreadable), Some(NamespaceUnknown)), (true, 0, Some(Unreadable)));
    assert_eq!(missing(Some(Throttled), None, None), (false, 1, Some(Throttled)));
    assert_eq!(missing(None, None, Some(NamespaceUnknown)), (true, 0, Some(NamespaceUnknown)));
}

/// Texts that an attacker, a broken server or a pod may bring.
fn hostile() -> impl Strategy<Value = String> {
    let part = select(vec![
        "<script>alert(1)</script>",
        "<",
        "&",
        "\u{2028}",
        "\"",
        "\\",
        "\u{1b}[31m",
        "\u{0}",
        "\n",
        "空",
        "\u{202e}",
        "https://bob:MARKED@h/x ",
        "password=MARKED ",
        "AccessKeySecret: MARKED ",
        "--token MARKED ",
        "Back-off",
        " ",
    ]);
    (vec(part, 0..5), select(vec![1_usize, 1, 100, 3_000]))
        .prop_map(|(parts, times)| parts.concat().repeat(times))
}

fn any_time() -> impl Strategy<Value = Option<Timestamp>> {
    of(prop_oneof![(-90..60_i64).prop_map(after), Just(Timestamp::MAX), Just(Timestamp::MIN)])
}

fn any_order() -> impl Strategy<Value = ChangeOrder> {
    let created_at = prop_oneof![Just("2026-11-30 19:00:00".to_owned()), hostile()];
    (hostile(), of(hostile()), of(hostile()), of(created_at))
        .prop_map(|(id, kind, status, created_at)| ChangeOrder { id, kind, status, created_at })
}

fn any_event() -> impl Strategy<Value = AppEvent> {
    let texts = (of(hostile()), of(hostile()), of(hostile()), of(hostile()), of(hostile()));
    let kind = of(select(vec!["Warning", "Normal", "\u{7}"]));
    (kind, texts, any_time(), any_time()).prop_map(|(kind, texts, first_at, last_at)| {
        let (reason, object_kind, object_name, message, cause) = texts;
        AppEvent {
            kind: kind.map(Into::into),
            reason,
            object_kind,
            object_name,
            message,
            cause,
            first_at,
            last_at,
        }
    })
}

/// JSON as Go writes it, which escapes HTML.
fn in_go(diagnosis: &Diagnosis) -> String {
    let mut json = serde_json::to_string(diagnosis).unwrap();
    for c in ['<', '>', '&', '\u{2028}', '\u{2029}'] {
        json = json.replace(c, &format!("\\u{:04x}", u32::from(c)));
    }
    json
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_sae_says_a_diagnosis_is_clean_bounded_and_without_secrets(
        orders in vec(any_order(), 0..12), message in of(hostile()), events in vec(any_event(), 0..30),
    ) {
        let answer = Evidence { message: Ok(message), ..evidence(orders, events) };
        let diagnosis = assemble(&answer, since());
        let json = in_go(&diagnosis);
        prop_assert!(json.len() <= 8 * 1024, "{} bytes", json.len());
        prop_assert!(!json.contains("MARKED"), "{json}");
        prop_assert!(diagnosis.events.len() <= 10);
        prop_assert!(!json.contains(char::is_control), "{json}");
        let bound = |text: &Option<String>, most| text.as_ref().is_none_or(|text| text.len() <= most);
        for event in &diagnosis.events {
            prop_assert!(event.reason.len() <= 256 && event.object.len() <= 256);
            prop_assert!(bound(&event.message, 512) && bound(&event.cause, 512));
        }
        if let Some(change) = &diagnosis.change {
            prop_assert!(change.id.len() <= 256 && bound(&change.kind, 256) && bound(&change.status, 256));
            prop_assert!(bound(&change.created_at, 256) && bound(&change.message, 512));
        }
        let read: Diagnosis = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&read, &diagnosis, "what is stored reads as it was");
        prop_assert!(explain(&diagnosis).iter().all(|line| !line.contains(char::is_control)));
        prop_assert_eq!(assemble(&answer, since()), diagnosis);
    }
}
