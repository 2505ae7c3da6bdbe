//! A watch and its account: the table of contract §11.3, and what becomes of the data.

use crate::api::{AccountName, Health};
use crate::domain::Reason::{self, *};
use crate::domain::fixtures::accounts::{named, refused};
use crate::domain::fixtures::{Watch, answer};
use crate::domain::{Access, Admission};

const AWAITING: &str =
    "Ready=Unknown/AwaitingFirstAnswer AppHealthy=Unknown/HealthUnknown Reconciling=True/AwaitingFirstAnswer";
const FINE: &str = "Ready=True/Observed AppHealthy=True/AllInstancesHealthy";

/// The refusals after which a watch is Stalled.
pub const STALLING: [Reason; 7] = [
    AccountRequired,
    AccountNotAllowed,
    AccountMismatch,
    AccountConflict,
    AuthenticationFailed,
    CredentialsMissing,
    InvalidSpec,
];

/// A watch of a verified account that shows a healthy application.
fn fine() -> Watch {
    let mut watch = Watch::of_account("prod");
    watch.see(2, "RR").emitted();
    watch
}

fn ready(watch: &Watch) -> &str {
    &watch.condition("Ready").reason
}

fn account(watch: &Watch) -> Option<&str> {
    watch.status().account.as_ref().map(AccountName::as_str)
}

/// Longer than heartbeat and three intervals.
const STALE: i64 = 481;

#[test]
fn a_refusal_stalls_the_watch_and_is_an_outcome_from_the_first_status_on() {
    for reason in STALLING {
        let mut watch = Watch::of_account("prod");
        watch.admit(refused(reason));
        let expected = format!("Ready=False/{reason} AppHealthy=Unknown/HealthUnknown Stalled=True/{reason}");
        assert_eq!(watch.conditions(), expected);
        assert_eq!((watch.status().observed_generation, account(&watch)), (1, Some("prod")));
        assert_eq!(
            watch.status().message.as_deref(),
            Some(format!("somebody has to act: {reason}").as_str())
        );
        assert_eq!(watch.emitted(), [reason]);
    }
}

/// A watch that was fine, and whose account may not be used for this reason.
fn refused_for(reason: Reason) -> Watch {
    let mut watch = fine();
    if reason == AccountNotFound {
        watch.lose_account();
    } else {
        watch.admit(refused(reason));
    }
    watch
}

#[test]
fn a_refusal_keeps_what_is_shown_and_its_name_past_the_age_of_the_data() {
    for reason in STALLING.into_iter().chain([AccountNotFound]) {
        let mut watch = refused_for(reason);
        assert_eq!((ready(&watch), watch.health()), (reason.as_str(), Health::Healthy));
        assert_eq!(watch.condition("AppHealthy").reason, "AllInstancesHealthy");
        let wake = watch.wake.unwrap().as_secs();
        watch.after(wake.max(STALE)).reconcile();
        assert_eq!((ready(&watch), watch.health()), (reason.as_str(), Health::Unknown));
        assert_eq!(watch.condition("AppHealthy").reason, "DataStale");
        assert_eq!(watch.status().ready_instances.as_deref(), Some("2/2"));
        assert_eq!(watch.emitted(), [reason]);
        watch.restart().after(3_600).reconcile();
        assert_eq!(ready(&watch), reason.as_str(), "after a restart");
        assert_eq!(watch.emitted(), []);
    }
}

#[test]
fn a_watch_that_must_name_an_account() {
    let mut watch = Watch::new();
    watch.see(2, "RR").emitted();
    watch.accounts.required = true;
    watch.after(60).reconcile();
    let expected =
        "Ready=False/AccountRequired AppHealthy=True/AllInstancesHealthy Stalled=True/AccountRequired";
    assert_eq!((watch.conditions().as_str(), account(&watch)), (expected, None));
    watch.accounts.required = false;
    assert_eq!(ready(watch.after(60).reconcile()), "AwaitingFirstAnswer");
    assert_eq!(watch.after(5).see(2, "RR").conditions(), FINE);
}

#[test]
fn an_account_that_is_not_there_may_come_and_fails_no_rollout() {
    let mut watch = Watch::with(|spec| spec.account_ref = Some(named("prod")));
    let expected = "Ready=False/AccountNotFound AppHealthy=Unknown/HealthUnknown \
                    Reconciling=True/RetryingAfterFailure";
    assert_eq!((watch.reconcile().conditions().as_str(), account(&watch)), (expected, Some("prod")));
    assert_eq!(watch.status().observed_generation, 1);
    watch.after(5).admit(Admission::Unverified);
    assert_eq!(watch.conditions(), AWAITING);
    assert_eq!(watch.condition("Ready").message, "waiting until the SaeAccount prod is verified");
    assert_eq!(watch.after(5).admit(Admission::Granted).conditions(), AWAITING);
    assert_eq!(watch.condition("Ready").message, "waiting for SAE's first answer");
    assert_eq!(watch.after(5).see(2, "RR").conditions(), FINE);
    assert_eq!(watch.emitted(), []);
}

#[test]
fn the_rows_come_in_their_order() {
    let mut watch = Watch::of_account("prod");
    watch.admit(refused(AccountNotAllowed)).edit(|spec| spec.region_id = None);
    assert_eq!(ready(&watch), "AccountNotAllowed", "before a missing region");
    watch.admit(Admission::Granted);
    assert_eq!(ready(&watch), "RegionMissing");
    assert!(watch.condition("Ready").message.contains("regionId of the SaeAccount prod"));
    watch.lose_account().unreadable = Some("interval: soon");
    assert_eq!(ready(watch.reconcile()), "InvalidSpec");
    assert_eq!(account(&watch), Some("prod"), "as it was, since the account is not known");
    watch.unreadable = None;
    watch.edit(|spec| spec.suspend = true);
    assert_eq!(watch.conditions(), "AppHealthy=Unknown/Suspended", "before an account that is not there");
    assert_eq!(watch.status().message.as_deref(), Some("SAE is not polled while spec.suspend is true"));
}

#[test]
fn what_was_refused_awaits_an_answer_as_soon_as_it_is_not_refused_any_more() {
    for reason in STALLING.into_iter().chain([AccountNotFound]) {
        for shows_data in [false, true] {
            let mut watch = if shows_data { fine() } else { Watch::of_account("prod") };
            if reason == AccountNotFound {
                watch.lose_account()
            } else {
                watch.admit(refused(reason))
            };
            watch.after(30).admit(Admission::Granted);
            assert_eq!(ready(&watch), "AwaitingFirstAnswer", "{reason}, data: {shows_data}");
            assert_eq!(watch.condition("Reconciling").status, "True");
            assert_eq!(watch.after(5).see(2, "RR").conditions(), FINE);
        }
    }
}

/// Where SAE's own errors have the same reason, what stands there may be one of them.
#[test]
fn a_process_that_just_started_takes_back_what_only_accounts_say() {
    for reason in STALLING.into_iter().chain([AccountNotFound]) {
        let mut watch = refused_for(reason);
        let is_of_accounts = ![AuthenticationFailed, CredentialsMissing, InvalidSpec].contains(&reason);
        watch.restart().after(30).admit(Admission::Granted);
        let expected = if is_of_accounts { "AwaitingFirstAnswer" } else { reason.as_str() };
        assert_eq!(ready(&watch), expected);
        assert_eq!(watch.after(5).see(2, "RR").conditions(), FINE);
    }
}

#[test]
fn a_restart_emits_nothing_when_sts_says_the_same_again() {
    for reason in [AccountMismatch, AccountConflict, AuthenticationFailed] {
        let mut watch = fine();
        watch.admit(refused(reason)).emitted();
        let before = watch.conditions();
        watch.writes = (0, 0);
        watch.restart().after(30).admit(Admission::Unverified);
        assert_eq!(watch.conditions(), before, "STS has not said that it is otherwise");
        watch.after(2).admit(refused(reason));
        assert_eq!((watch.conditions(), watch.writes, watch.emitted()), (before, (0, 0), vec![]));
    }
}

#[test]
fn an_account_that_is_not_verified_is_like_an_sae_that_does_not_answer() {
    let mut watch = Watch::of_account("prod");
    assert_eq!(watch.admit(Admission::Unverified).stored, None, "the first outcome may come any moment");
    assert_eq!(watch.after(5).reconcile().conditions(), AWAITING);
    assert_eq!(watch.status().observed_generation, -1);
    watch.after(15).throttle().after(30).throttle();
    watch.after(15).fail().after(15).fail();
    assert_eq!(
        (ready(&watch).to_owned(), watch.emitted()),
        ("AwaitingFirstAnswer".to_owned(), vec![]),
        "a throttle does not count"
    );
    watch.after(15).fail();
    let expected = "Ready=False/PollFailed AppHealthy=Unknown/HealthUnknown \
                    Reconciling=True/RetryingAfterFailure";
    assert_eq!((watch.conditions().as_str(), watch.emitted()), (expected, vec![PollFailed]));
    watch.admit(Admission::Granted).after(5).see(2, "RR");
    assert_eq!((watch.conditions().as_str(), watch.emitted()), (FINE, vec![PollRecovered]));
}

#[test]
fn verification_after_a_restart_leaves_fresh_data_alone() {
    let mut watch = fine();
    watch.writes = (0, 0);
    watch.restart().after(60).admit(Admission::Unverified).after(15).fail();
    assert_eq!((watch.conditions().as_str(), watch.writes), (FINE, (0, 0)));
    watch.after(15).fail().after(15).fail();
    assert_eq!((ready(&watch), watch.health()), ("PollFailed", Health::Healthy));
}

#[test]
fn a_suspended_account_keeps_what_is_shown() {
    let mut watch = fine();
    watch.admit(Admission::Suspended);
    assert_eq!((watch.conditions().as_str(), watch.wake, watch.emitted()), (FINE, None, vec![]));
    let status = watch.status();
    assert_eq!(status.reason.as_deref(), Some("Suspended"));
    assert_eq!(status.message.as_deref(), Some("SAE is not polled while the SaeAccount prod is suspended"));
    watch.request = Some("now".into());
    watch.after(86_400).reconcile();
    let note = watch.take_events()[0].note.clone();
    assert!(note.ends_with("acknowledged without a poll: the SaeAccount prod is suspended"), "{note}");
    watch.admit(Admission::Granted);
    assert_eq!(
        (watch.conditions().as_str(), watch.status().reason.as_deref()),
        (FINE, Some("AllInstancesHealthy"))
    );
    assert_eq!(ready(watch.after(STALE).reconcile()), "DataStale", "its age counts from the resumption");
}

#[test]
fn a_suspended_account_fails_no_rollout() {
    let mut watch = Watch::of_account("prod");
    watch.admit(Admission::Suspended);
    assert_eq!(watch.conditions(), "AppHealthy=Unknown/Suspended");
    let expected = "the health of the application is unknown, and the SaeAccount prod is suspended";
    assert_eq!(watch.condition("AppHealthy").message, expected);
    assert_eq!(watch.status().observed_generation, 1);
    assert_eq!(watch.admit(Admission::Granted).conditions(), AWAITING);
    watch.after(5).deny(AccessDenied).admit(Admission::Suspended);
    assert_eq!(watch.conditions(), "AppHealthy=Unknown/Suspended");
    watch.admit(refused(AccountNotAllowed)).admit(Admission::Suspended);
    assert_eq!(watch.conditions(), "AppHealthy=Unknown/Suspended");
}

#[test]
fn an_answer_that_comes_after_the_refusal_is_thrown_away() {
    for admission in
        [refused(AccountNotAllowed), refused(AccountMismatch), Admission::Suspended, Admission::Unverified]
    {
        let mut watch = fine();
        let shown = watch.after(60).admit(admission).status().clone();
        watch.emitted();
        watch.see_late(answer(9, "CCCCCCCCC"));
        assert_eq!((watch.status().clone(), watch.emitted()), (shown, vec![]));
    }
}

#[test]
fn another_account_is_another_target() {
    let mut watch = fine();
    watch.set_account("staging", "2345678901234567", Admission::Granted);
    let waiting = "Ready=Unknown/AwaitingFirstAnswer AppHealthy=True/AllInstancesHealthy \
                   Reconciling=True/AwaitingFirstAnswer";
    for (spec_names, is_away) in
        [(Some(named("staging")), false), (None, false), (Some(named("staging")), true), (None, true)]
    {
        let mut watch = watch.clone();
        if is_away {
            watch.restart();
        }
        watch.after(60).edit(|spec| spec.account_ref = spec_names);
        assert_eq!(watch.conditions(), waiting);
        assert_eq!(watch.condition("AppHealthy").observed_generation, Some(1), "of the old account");
        assert_eq!(watch.restart().reconcile().conditions(), waiting);
        watch.after(5).see(4, "CCCC");
        assert_eq!(
            (watch.health(), watch.emitted()),
            (Health::Unhealthy, vec![InstancesCrashLooping, HealthDegraded])
        );
    }
    watch.after(60).set_account("prod", "3456789012345678", Admission::Granted).reconcile();
    assert_eq!(watch.conditions(), waiting, "another account under the name, without a new generation");
}

#[test]
fn another_default_region_of_the_account_is_another_target() {
    let mut watch = Watch::of_account("prod");
    let region = |watch: &mut Watch, name: &str| {
        let region = Some(name.parse().unwrap());
        watch.accounts.by_name.get_mut("prod").unwrap().region = region;
    };
    region(&mut watch, "cn-hangzhou");
    watch.edit(|spec| spec.region_id = None).see(2, "RR");
    region(&mut watch, "cn-beijing");
    assert_eq!(ready(watch.after(60).reconcile()), "AwaitingFirstAnswer");
    watch.default_region = Some("cn-shanghai".parse().unwrap());
    watch.after(5).see(2, "RR");
    assert_eq!(watch.status().region.as_ref().unwrap().as_str(), "cn-beijing", "before the operator's own");
}

#[test]
fn the_data_of_an_account_that_is_gone_is_still_that_of_the_watch() {
    let mut watch = fine();
    watch.lose_account().after(30).edit(|spec| spec.health.min_healthy_percent = 50);
    assert_eq!(watch.condition("AppHealthy").observed_generation, Some(2));
    assert_eq!(watch.admit(Admission::Granted).after(5).see(3, "RRR").emitted(), [InstancesScaled]);
}

#[test]
fn the_data_of_another_account_is_not_that_of_one_which_comes_later() {
    let mut watch = fine();
    watch.edit(|spec| spec.account_ref = Some(named("typo")));
    assert_eq!((ready(&watch), account(&watch)), ("AccountNotFound", Some("typo")));
    assert_eq!(watch.condition("AppHealthy").observed_generation, Some(1));
    watch.after(5).reconcile().restart().after(5).reconcile();
    assert_eq!(watch.condition("AppHealthy").observed_generation, Some(1), "the data is still that of prod");
    watch.admit(Admission::Granted);
    watch.after(5).see(4, "CCCC");
    assert_eq!(watch.health(), Health::Unhealthy, "a first observation");
    assert_eq!(watch.emitted(), [InstancesCrashLooping, HealthDegraded], "nothing of scaling");
}

#[test]
fn the_target_holds_the_account_unless_it_is_not_known() {
    let watch = Watch::of_account("prod");
    let target = |access: &Access| {
        crate::domain::TargetRef::new(&watch.spec, None, access).and_then(|wanted| wanted.target(None))
    };
    let granted = watch.access();
    assert_eq!(target(&granted).unwrap().account, granted.account);
    let own = target(&Access::own(None)).unwrap();
    assert_eq!(own.account, None, "check asks with the caller's keys whatever the watch names");
    let unknown = Access { admission: refused(AccountNotFound), ..Access::own(None) };
    assert_eq!(target(&unknown), None);
}
