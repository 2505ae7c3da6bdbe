//! What is not written and not emitted, and what is written although SAE said nothing new (contract §2).

use jiff::SignedDuration;

use crate::api::{Condition, Counts, Health, SaeAppWatchStatus};
use crate::domain::Observation;
use crate::domain::Reason::RefreshHandled;
use crate::domain::fixtures::{Watch, answer, full, of_groups, start};

/// An unwell application of many words: messages, tags and sidecars.
fn wordy() -> Observation {
    let mut seen = answer(4, "RUU");
    seen.instances.push(full());
    seen
}

/// Polls `times` times, a minute apart.
fn poll(watch: &mut Watch, times: usize, seen: impl Fn(usize) -> Observation) {
    for time in 0..times {
        watch.after(60).observe(seen(time));
    }
}

/// A watch that shows the wordy application, and how often it wrote so far.
fn observed() -> Watch {
    let mut watch = Watch::new();
    watch.observe(wordy()).emitted();
    watch.writes = (0, 0);
    watch
}

#[test]
fn a_hundred_identical_polls_write_heartbeats_alone_and_emit_nothing() {
    let mut watch = observed();
    poll(&mut watch, 100, |_| wordy());
    assert_eq!(watch.writes, (20, 0), "one in five minutes, and never the list");
    assert_eq!(watch.emitted(), []);
}

#[test]
fn another_order_is_the_same_answer() {
    let mut watch = observed();
    let before = watch.stored.clone();
    poll(&mut watch, 4, |time| {
        let mut seen = wordy();
        seen.instances.rotate_left(time);
        for instance in &mut seen.instances {
            instance.tags.reverse();
            instance.sidecars.reverse();
        }
        seen
    });
    assert_eq!((watch.writes, &watch.stored), ((0, 0), &before));
}

#[test]
fn another_message_of_an_instance_that_stays_as_it_is_is_the_same_answer() {
    let mut watch = observed();
    let before = watch.stored.clone();
    poll(&mut watch, 4, |time| {
        let mut seen = wordy();
        for instance in &mut seen.instances {
            instance.message = Some(format!("failed {time} times").into());
        }
        seen
    });
    assert_eq!((watch.writes, &watch.stored), ((0, 0), &before));
    let mut moved = wordy();
    moved.instances[0].ip = Some("10.0.0.9".into());
    moved.instances[1].message = Some("the newest".into());
    watch.after(60).observe(moved);
    assert!(watch.condition("AppHealthy").message.contains("the newest"), "with the next write of the list");
}

#[test]
fn a_heartbeat_moves_two_times_and_nothing_else() {
    let mut watch = observed();
    let before = watch.status().clone();
    poll(&mut watch, 5, |_| wordy());
    let SaeAppWatchStatus { observed_at, stale_after, .. } = watch.status().clone();
    assert_eq!(watch.writes.0, 1);
    let moved = watch.now.duration_since(before.observed_at.as_ref().unwrap().0);
    assert_eq!((moved.as_secs(), observed_at.as_ref().unwrap().0), (300, watch.now));
    assert_eq!(*watch.status(), SaeAppWatchStatus { observed_at, stale_after, ..before });
}

#[test]
fn heartbeats_are_regular_though_polls_come_a_little_early_or_late() {
    let mut watch = observed();
    let mut gaps = Vec::new();
    for poll in 1..=60_i64 {
        let (wander, written) =
            ([0, -1, 2, -2, 1, 0, -1][usize::try_from(poll % 7).unwrap()], watch.writes.0);
        watch.now = start() + SignedDuration::from_secs(60 * poll + wander);
        let before = watch.status().observed_at.as_ref().unwrap().0;
        watch.observe(wordy());
        if watch.writes.0 > written {
            gaps.push(watch.now.duration_since(before).as_secs());
        }
    }
    assert_eq!(watch.writes, (12, 0), "after {gaps:?} s");
    assert!(gaps.iter().all(|gap| (296..=304).contains(gap)), "{gaps:?}");
}

#[test]
fn a_heartbeat_forgives_a_poll_10_seconds_and_not_11() {
    for (lag, writes) in [(289, 0), (290, 1)] {
        let mut watch = observed();
        watch.after(lag).observe(wordy());
        assert_eq!(watch.writes.0, writes, "{lag} s after the last one");
    }
}

#[test]
fn a_restart_writes_nothing() {
    let mut watch = observed();
    watch.restart().after(30).reconcile().after(30).observe(wordy());
    assert_eq!((watch.writes, watch.emitted()), ((0, 0), vec![]));
}

#[test]
fn waiting_and_failing_on_write_nothing_new() {
    let mut watch = Watch::new();
    for _ in 0..10 {
        watch.after(5).reconcile();
    }
    assert_eq!(watch.writes.0, 1);
    for _ in 0..3 {
        watch.after(15).fail();
    }
    for _ in 0..10 {
        watch.after(60).fail();
    }
    assert_eq!(watch.writes.0, 2);
}

#[test]
fn a_new_watch_whose_first_answer_comes_within_five_seconds_is_written_once() {
    let mut watch = Watch::new();
    watch.reconcile();
    assert_eq!(watch.wake, Some(SignedDuration::from_secs(5)));
    watch.after(4).observe(wordy());
    assert_eq!(watch.writes, (1, 1));
}

#[test]
fn a_new_watch_that_waits_for_its_turn_is_written_after_thirty_seconds() {
    let mut watch = Watch::new();
    watch.pace.is_queued = true;
    watch.reconcile().after(29).reconcile();
    assert_eq!((watch.writes.0, watch.wake), (0, Some(SignedDuration::from_secs(5))));
    assert_eq!(watch.after(1).reconcile().writes.0, 1);
    let mut watch = Watch::new();
    watch.pace.is_queued = true;
    watch.reconcile().after(20).pace.is_queued = false;
    assert_eq!(watch.reconcile().writes.0, 1, "it is asked by now, and for once that takes long");
}

#[test]
fn an_event_of_a_new_watch_is_recorded_at_once() {
    let mut watch = Watch::new();
    watch.request = Some("now".into());
    watch.reconcile().after(2).fail();
    assert_eq!((watch.emitted(), watch.writes.0), (vec![RefreshHandled], 1));
}

#[test]
fn a_process_that_just_started_waits_for_the_first_outcome_anew() {
    let mut watch = Watch::new();
    watch.reconcile().after(4).restart().reconcile().after(4).reconcile();
    assert_eq!(watch.stored, None);
    watch.after(1).reconcile();
    assert_eq!(watch.writes.0, 1);
}

#[test]
fn whatever_somebody_wrote_into_the_status_is_right_after_the_next_poll() {
    let lies: [fn(&mut SaeAppWatchStatus); 12] = [
        |status| status.health = Some(Health::Healthy),
        |status| status.health = None,
        |status| status.counts = None,
        |status| status.conditions.clear(),
        |status| status.conditions[1].message = "all is well".into(),
        |status| status.conditions[1].status = "True".into(),
        |status| status.groups.clear(),
        |status| status.ready_instances = Some("9/9".into()),
        |status| status.instances_omitted = Some(7),
        |status| status.revision = None,
        |status| status.instances[0].message = Some("all is well".into()),
        |status| status.instances.clear(),
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let mut watch = observed();
        let before = watch.status().clone();
        watch.damage(lie).after(60).observe(wordy());
        let mut after = watch.status().clone();
        // These say when the truth was found out, which is now.
        after.observed_at.clone_from(&before.observed_at);
        after.stale_after.clone_from(&before.stale_after);
        after.last_transition_at.clone_from(&before.last_transition_at);
        after.recent_transitions.clone_from(&before.recent_transitions);
        for (after, before) in after.conditions.iter_mut().zip(&before.conditions) {
            after.last_transition_time.clone_from(&before.last_transition_time);
        }
        for (after, before) in after.instances.iter_mut().zip(&before.instances) {
            after.since.clone_from(&before.since);
        }
        assert_eq!(after, before, "lie {number}");
    }
}

#[test]
fn a_whole_status_from_an_earlier_day_is_right_after_the_next_poll() {
    let mut watch = Watch::new();
    let healthy = watch.observe(answer(3, "RRR")).status().clone();
    poll(&mut watch, 3, |_| answer(3, "CCC"));
    assert_eq!(watch.health(), Health::Unhealthy);
    watch.damage(|status| *status = healthy).after(60).observe(answer(3, "CCC"));
    assert_eq!(watch.health(), Health::Unhealthy, "undamped");
    assert_eq!(watch.condition("AppHealthy").status, "False");
}

#[test]
fn a_status_that_is_gone_is_written_anew() {
    let mut watch = observed();
    watch.stored = None;
    watch.after(60).observe(wordy());
    assert_eq!((watch.health(), watch.writes), (Health::Degraded, (1, 1)));
}

#[test]
fn a_status_of_an_older_version_is_completed_by_the_next_poll() {
    let mut watch = observed();
    watch.restart().damage(|status| {
        *status = SaeAppWatchStatus {
            health: status.health,
            observed_generation: status.observed_generation,
            observed_at: status.observed_at.take(),
            ..SaeAppWatchStatus::default()
        };
    });
    watch.after(60).observe(wordy());
    let status = watch.status();
    assert!(status.counts.is_some() && status.revision.is_some() && status.memory.verdict.is_some());
    assert_eq!((status.instances.len(), status.conditions.len()), (4, 2));
}

#[test]
fn a_field_that_the_api_server_drops_is_not_written_for_ever() {
    let mut watch = Watch::new();
    watch.stores = |status| status.groups.clear();
    poll(&mut watch, 3, |_| wordy());
    watch.writes = (0, 0);
    poll(&mut watch, 10, |_| wordy());
    assert_eq!(watch.writes, (2, 0), "heartbeats");
}

#[test]
fn a_condition_of_somebody_else_is_none_of_ours() {
    let mut watch = observed();
    watch.stores = |status| {
        let foreign = Condition {
            type_: "Audited".into(),
            status: "True".into(),
            reason: "Reconciled".into(),
            message: String::new(),
            observed_generation: Some(1),
            last_transition_time: start().into(),
        };
        if status.conditions.iter().all(|condition| condition.type_ != foreign.type_) {
            status.conditions.push(foreign);
        }
    };
    let add = watch.stores;
    watch.damage(add);
    poll(&mut watch, 10, |_| wordy());
    assert_eq!(watch.writes.1, 0);
    assert!(watch.writes.0 <= 3, "heartbeats and at most one more: {:?}", watch.writes);
}

#[test]
fn what_a_process_learns_by_the_way_is_written_with_the_next_change() {
    let mut watch = observed();
    watch.after(60).observe(wordy()).after(60).observe(of_groups(wordy().groups, vec![]));
    assert_eq!(watch.status().observed_at.as_ref().unwrap().0, watch.now);
}

#[test]
fn a_health_that_does_not_go_with_its_condition_is_no_reason_to_wait() {
    let mut watch = observed();
    watch.restart().damage(|status| status.health = Some(Health::Healthy)).after(60).observe(wordy());
    assert_eq!(watch.health(), Health::Degraded);
}

#[test]
fn nothing_is_made_of_a_status_that_somebody_wrote_before_the_next_poll() {
    let mut watch = observed();
    watch.damage(|status| status.counts = status.counts.map(|counts| Counts { ready: 0, ..counts }));
    watch.after(5).reconcile();
    assert_eq!((watch.health(), watch.emitted()), (Health::Degraded, vec![]));
}
