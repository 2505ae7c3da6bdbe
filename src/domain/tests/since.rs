//! Since when an instance is as it is (contract §3).

use jiff::{SignedDuration, Timestamp};

use crate::api::{Health, Time};
use crate::domain::fixtures::{Watch, answer, start};
use crate::domain::{Observation, ObservedInstance};

/// One instance, drawn, and changed.
fn one(letter: char, change: impl FnOnce(&mut ObservedInstance)) -> Observation {
    let mut seen = answer(1, &letter.to_string());
    change(&mut seen.instances[0]);
    seen
}

fn since(watch: &Watch) -> Timestamp {
    watch.status().instances[0].since.0
}

fn an_hour_ago() -> Timestamp {
    start() - SignedDuration::from_secs(3_600)
}

#[test]
fn at_first_sight_the_creation_of_an_instance_that_starts_or_is_ready_and_never_restarted() {
    for (letter, restarts, expected) in [
        ('R', Some(0), an_hour_ago()),
        ('W', None, an_hour_ago()),
        ('N', Some(0), an_hour_ago()),
        ('R', Some(1), start()),
        ('C', Some(0), start()),
        ('U', Some(0), start()),
        ('T', Some(0), start()),
        ('?', Some(0), start()),
    ] {
        let mut watch = Watch::new();
        watch.observe(one(letter, |instance| {
            instance.restarts = restarts;
            instance.created_at = Some(an_hour_ago());
        }));
        assert_eq!(since(&watch), expected, "{letter} {restarts:?}");
    }
}

#[test]
fn starting_since_before_the_first_sight_counts_for_the_deadline() {
    let mut watch = Watch::new();
    watch.observe(one('N', |instance| instance.created_at = Some(an_hour_ago())));
    assert_eq!(watch.status().instances[0].reason, "ProgressDeadlineExceeded");
}

#[test]
fn a_creation_in_the_future_or_before_sae_is_none() {
    for created in
        [Some(start() + SignedDuration::from_secs(1)), Some(Timestamp::MAX), Some(Timestamp::MIN), None]
    {
        let mut watch = Watch::new();
        watch.observe(one('R', |instance| instance.created_at = created));
        assert_eq!(since(&watch), start(), "{created:?}");
    }
}

#[test]
fn it_moves_with_the_state_and_with_nothing_else() {
    let mut watch = Watch::new();
    watch.see(1, "R");
    assert_eq!(since(watch.after(60).see(1, "W")), start(), "another word of the same state");
    assert_eq!(since(watch.after(60).see(1, "U")), watch.now);
    let unhealthy = watch.now;
    assert_eq!(since(watch.restart().after(60).see(1, "U")), unhealthy, "also after a restart");
    assert_eq!(since(watch.after(60).see(1, "R")), watch.now, "at another sight, not its creation");
}

#[test]
fn one_stretch_of_starting_has_one_beginning() {
    let mut watch = Watch::new();
    watch.see(1, "S").after(601).see(1, "S");
    assert_eq!(watch.status().instances[0].reason, "ProgressDeadlineExceeded");
    assert_eq!(since(&watch), start());
    assert_eq!(since(watch.restart().after(60).see(1, "N")), start(), "still starting");
    watch.edit(|spec| spec.health.progress_deadline = "1h".parse().unwrap()).after(5).see(1, "S");
    assert_eq!((watch.status().instances[0].reason.as_str(), since(&watch)), ("Pending", start()));
    assert_eq!(since(watch.after(60).see(1, "C")), watch.now, "a crash is no start");
}

#[test]
fn instances_that_the_list_omits_keep_theirs_within_a_process() {
    let mut watch = Watch::with(|spec| spec.instances.limit = 0);
    watch.see(2, "RS").after(601).see(2, "RS");
    assert_eq!(watch.status().counts.unwrap().failing, 1);
}

#[test]
fn an_id_that_no_status_could_hold_is_still_known_again() {
    for id in ["", " a\u{1b}b ", &"空".repeat(300)] {
        let odd = || one('U', |instance| instance.id = id.into());
        let mut watch = Watch::new();
        watch.observe(odd()).after(60).observe(odd()).restart().after(60).observe(odd());
        assert_eq!((since(&watch), watch.writes), (start(), (1, 1)), "{id:?}");
    }
}

#[test]
fn a_rise_in_the_future_began_at_the_next_look() {
    let mut watch = Watch::new();
    watch.see(2, "RR").after(60).see(3, "RR").after(5).see(3, "RR");
    assert_eq!(watch.health(), Health::Progressing);
    watch.damage(|status| status.memory.desired_since = Some(Time(Timestamp::MAX))).after(60).see(3, "RR");
    assert_eq!(watch.status().memory.desired_since, Some(Time(watch.now)));
    watch.after(600).see(3, "RR").after(5).see(3, "RR");
    assert_eq!(watch.health(), Health::Degraded);
}

#[test]
fn a_start_in_the_future_was_at_the_next_look() {
    let mut watch = Watch::new();
    watch.see(1, "S").damage(|status| status.instances[0].since = Time(Timestamp::MAX)).restart();
    assert_eq!(since(watch.after(60).see(1, "S")), watch.now);
}
