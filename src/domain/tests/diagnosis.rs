//! When SAE is asked why an application is unwell, how long the answer stays, and its event (contract §14).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::api::{AccountName, AppId, Diagnosis, SaeAppWatchStatus};
use crate::domain::diagnosis::{Mark, diagnosed_at, event, explained_at, is_about, is_expired, wanted};
use crate::domain::fixtures::start;
use crate::domain::{Access, Meta, TargetRef, status_fingerprint};

/// So many minutes after the start.
fn at(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

fn mark(asked: i64, since: i64) -> Mark {
    Mark { at: at(asked), since: at(since), is_silent: false }
}

/// A status with a verdict since a minute, and with steps of health, newest first.
fn status(outcome: &str, since: i64, steps: &[(i64, &str, &str)]) -> SaeAppWatchStatus {
    let step = |(minute, from, to): &(i64, &str, &str)| json!({"at": at(*minute), "from": from, "to": to, "reason": "R"});
    let status = json!({
        "app": "shop", "appId": "app-1", "region": "cn-hangzhou",
        "memory": {"verdict": {"outcome": outcome, "since": at(since)}},
        "recentTransitions": steps.iter().map(step).collect::<Vec<Value>>(),
    });
    serde_json::from_value(status).unwrap()
}

/// For which minute SAE is asked what happened.
fn asked(status: &SaeAppWatchStatus, stored: Option<Mark>, now: i64) -> Option<i64> {
    let since = wanted(status, stored.as_ref(), at(now))?;
    Some(since.duration_since(start()).as_secs() / 60)
}

#[test]
fn sae_is_asked_once_the_verdict_is_bad_and_no_stored_diagnosis_explains_it() {
    let bad = status("bad", 10, &[]);
    for (stored, now, expected) in [
        (None, 10, Some(10)),
        (Some(mark(3, 2)), 11, Some(10)),
        (Some(mark(11, 10)), 12, None),
        // Asked for another watch of the target, a minute before.
        (Some(mark(9, 10)), 12, None),
        (Some(Mark::DAMAGED), 12, Some(10)),
        // From a time that is not yet: damage.
        (Some(mark(11, 500)), 12, Some(10)),
        // While it still may be asked, and an answer be awaited.
        (None, 40, Some(10)),
        (None, 65, Some(10)),
        (None, 66, None),
    ] {
        assert_eq!(asked(&bad, stored, now), expected, "{stored:?} at {now}");
    }
    assert_eq!(asked(&status("good", 10, &[]), None, 11), None);
    assert_eq!(asked(&SaeAppWatchStatus::default(), None, 11), None);
}

#[test]
fn sae_is_asked_again_once_the_health_gets_worse_while_it_is_bad() {
    let worse = (20, "Degraded", "Unhealthy");
    for (steps, stored, now, expected) in [
        (vec![worse], None, 21, Some(20)),
        (vec![worse], Some(mark(11, 10)), 21, Some(20)),
        (vec![worse], Some(mark(21, 20)), 22, None),
        (vec![worse], Some(mark(11, 10)), 76, None),
        // Only the way from Degraded to Unhealthy counts, and of a verdict that goes it again one that is explained.
        (vec![(22, "Unhealthy", "Degraded"), worse], Some(mark(21, 20)), 23, None),
        (
            vec![(24, "Degraded", "Unhealthy"), (22, "Unhealthy", "Degraded"), worse],
            Some(mark(21, 20)),
            25,
            None,
        ),
        (vec![(20, "Healthy", "Unhealthy")], Some(mark(11, 10)), 21, None),
        // From before the verdict became bad again.
        (vec![(15, "Healthy", "Degraded"), (5, "Degraded", "Unhealthy")], None, 16, Some(10)),
    ] {
        assert_eq!(asked(&status("bad", 10, &steps), stored, now), expected, "{steps:?} {stored:?} at {now}");
    }
}

#[test]
fn an_answer_explains_the_newest_step_before_sae_was_asked() {
    let steps = [(24, "Degraded", "Unhealthy"), (22, "Unhealthy", "Degraded"), (20, "Degraded", "Unhealthy")];
    let bad = status("bad", 10, &steps);
    for (asked, explained) in [(9, 10), (10, 10), (19, 10), (20, 20), (23, 20), (24, 24), (30, 24)] {
        assert_eq!(explained_at(&bad, at(asked)), Some(at(explained)), "asked at {asked}");
    }
    assert_eq!(explained_at(&status("good", 10, &steps), at(30)), None);
}

#[test]
fn the_polls_know_when_sae_was_asked_last_also_after_a_restart() {
    let last = |stored: Option<Mark>| diagnosed_at(&stored?, at(12));
    assert_eq!(last(Some(mark(5, 4))), Some(at(5)));
    assert_eq!(last(None), None);
    assert_eq!(last(Some(mark(500, 4))), None, "a time that is not yet would be waited for");
}

#[test]
fn a_diagnosis_stays_until_the_application_has_been_well_for_an_hour() {
    let expired = |after: &SaeAppWatchStatus, now| is_expired(Some(after), after, &mark(11, 10), at(now));
    assert!(!expired(&status("bad", 10, &[]), 10_000));
    assert!(!expired(&status("good", 20, &[]), 79));
    assert!(expired(&status("good", 20, &[]), 80));
    let unknown = SaeAppWatchStatus { memory: crate::api::StoredMemory::default(), ..status("bad", 10, &[]) };
    assert!(expired(&unknown, 11), "of an application that is not known to have been unwell");
}

#[test]
fn a_diagnosis_goes_with_the_application_that_it_is_about() {
    let before = status("bad", 10, &[]);
    let other = |field: &str, value: &str| -> SaeAppWatchStatus {
        let mut other = json!(before);
        other[field] = json!(value);
        serde_json::from_value(other).unwrap()
    };
    let expired = |before: Option<&SaeAppWatchStatus>, after: &SaeAppWatchStatus| {
        is_expired(before, after, &mark(11, 10), at(12))
    };
    assert!(!expired(Some(&before), &other("message", "x")));
    for (field, value) in [("appId", "app-2"), ("region", "cn-beijing"), ("account", "prod")] {
        assert!(expired(Some(&before), &other(field, value)), "{field}");
    }
    assert!(expired(None, &before), "what was shown cannot be read");
    assert!(is_expired(Some(&before), &before, &Mark::DAMAGED, at(12)), "so is what was explained");
}

#[test]
fn sae_is_asked_about_the_application_that_is_shown_and_about_no_other() {
    let account: AccountName = "prod".parse().unwrap();
    let shown = status("bad", 10, &[]);
    let is_about = |spec: Value, account: Option<&AccountName>| {
        let spec = serde_json::from_value(spec).unwrap();
        let target = TargetRef::new(&spec, Some(&shown), &Access::own(None)).unwrap();
        is_about(&shown, &target, account)
    };
    assert!(is_about(json!({"appId": "app-1", "regionId": "cn-hangzhou", "groupIds": ["g-1"]}), None));
    assert!(!is_about(json!({"appId": "app-2", "regionId": "cn-hangzhou"}), None));
    assert!(!is_about(json!({"appId": "app-1", "regionId": "cn-beijing"}), None));
    assert!(!is_about(json!({"appId": "app-1", "regionId": "cn-hangzhou"}), Some(&account)));
    assert!(!is_about(json!({"appName": "other", "regionId": "cn-hangzhou"}), None));
}

#[test]
fn a_stored_diagnosis_is_not_part_of_what_is_compared() {
    let plain = status("bad", 10, &[]);
    let explained = SaeAppWatchStatus { diagnosis: Some(Box::new(diagnosis("Failed"))), ..plain.clone() };
    assert_eq!(status_fingerprint(&plain), status_fingerprint(&explained));
}

fn diagnosis(status: &str) -> Diagnosis {
    let change = json!({"id": "7f2a", "status": status});
    serde_json::from_value(json!({"at": at(11), "since": at(10), "change": change})).unwrap()
}

fn event_of(status: &SaeAppWatchStatus, stored: Option<Mark>, said: &Diagnosis) -> Option<(String, String)> {
    let meta = Meta { generation: 1, uid: "u-1", created_at: None, request: None };
    let event = event(&meta, status, stored.as_ref(), said)?;
    assert_eq!((event.reason.as_str(), event.kind.as_str()), ("DiagnosisReady", "Normal"));
    Some((event.name, event.note))
}

#[test]
fn each_verdict_has_one_event_for_the_first_diagnosis_that_says_something() {
    let bad = status("bad", 10, &[(20, "Degraded", "Unhealthy")]);
    let said = Diagnosis { since: at(20).into(), ..diagnosis("Failed") };
    let (_, note) = event_of(&bad, None, &said).unwrap();
    assert_eq!(note, "app shop (cn-hangzhou): Change order 7f2a failed");
    assert!(event_of(&bad, Some(mark(5, 4)), &said).is_some(), "the one before is of an earlier verdict");
    assert!(event_of(&bad, Some(mark(11, 10)), &said).is_none(), "it got worse within a verdict");
    let silent = Mark { is_silent: true, ..mark(11, 10) };
    assert!(event_of(&bad, Some(silent), &said).is_some(), "the one before said nothing");
    assert!(event_of(&bad, Some(mark(11, 500)), &said).is_some(), "damage");
    assert!(event_of(&bad, None, &Diagnosis { change: None, ..said.clone() }).is_none());
    assert!(event_of(&SaeAppWatchStatus::default(), None, &said).is_none());
}

#[test]
fn the_name_of_the_event_is_the_same_after_a_kill_and_another_for_another_verdict() {
    let name = |status: &SaeAppWatchStatus, said: &str| event_of(status, None, &diagnosis(said)).unwrap().0;
    let bad = status("bad", 10, &[]);
    // Polls go on, and SAE may say something else when it is asked again.
    let app_id: AppId = "app-1".parse().unwrap();
    let later = SaeAppWatchStatus {
        observed_at: Some(at(12).into()),
        revision: Some("cafe".into()),
        app_id: Some(app_id),
        ..status("bad", 10, &[(12, "Degraded", "Unhealthy")])
    };
    assert_eq!(name(&bad, "Failed"), name(&later, "Aborted"));
    let next = name(&status("bad", 11, &[]), "Failed");
    assert!(name(&bad, "Failed") < next, "names are in the order of time");
}
