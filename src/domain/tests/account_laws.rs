//! Laws of watches and their accounts (contract §11.3). That nothing becomes Ready unasked and that nothing tells the
//! number of an account holds after every single reconcile: `fixtures::laws`.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::domain::fixtures::Watch;
use crate::domain::fixtures::accounts::Accounts;
use crate::domain::fixtures::histories::{Damage, Poll, Step, history_of_accounts};
use crate::domain::fixtures::worlds::{any_spec_of_an_account, application};
use crate::domain::{Admission, Observation, Pace, Reason};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 500, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_history_of_accounts_keeps_the_laws(history in history_of_accounts(), mut app in application()) {
        Watch::of_account("prod").live(history, &mut app);
    }

    #[test]
    fn what_was_refused_is_never_shown_once_it_is_granted(
        history in history_of_accounts(), mut app in application(), spec in any_spec_of_an_account(),
        is_suspended in any::<bool>(),
    ) {
        let mut watch = Watch::of_account("prod");
        watch.live(history, &mut app);
        let spec = crate::api::SaeAppWatchSpec { region_id: Some("cn-hangzhou".parse().unwrap()), ..spec };
        (watch.accounts, watch.pace) = (Accounts::granted(), Pace::default());
        watch.edit(|it| *it = spec);
        if is_suspended {
            watch.accounts.by_name.values_mut().for_each(|one| one.admission = Admission::Suspended);
            watch.after(60).reconcile();
        }
        watch.after(60).reconcile();
        let refusals = [
            Reason::AccountRequired,
            Reason::AccountNotFound,
            Reason::AccountNotAllowed,
            Reason::AccountMismatch,
            Reason::AccountConflict,
        ];
        let conditions = watch.conditions();
        prop_assert!(refusals.iter().all(|reason| !conditions.contains(reason.as_str())), "{conditions}");
        prop_assert_eq!(watch.status().memory.account_missing_since, None);
    }

    #[test]
    fn each_minute_without_the_account_has_one_event(
        changes in vec((1..200_i64, any::<bool>(), any::<bool>()), 1..12), has_data in any::<bool>(),
    ) {
        let mut watch = Watch::of_account("prod");
        if has_data {
            watch.see(2, "RR");
        }
        let (mut missing_for, mut expected, mut is_there) = (0, 0, true);
        watch.reconcile();
        for (seconds, comes, restarts) in changes {
            // The operator reconciles when it has said so, and when the account comes or goes.
            let mut left = seconds;
            while let Some(wake) = watch.wake.map(|wake| wake.as_secs()).filter(|wake| *wake <= left) {
                watch.after(wake).reconcile();
                left -= wake;
            }
            watch.after(left);
            missing_for += if is_there { 0 } else { seconds };
            if is_there || comes {
                expected += usize::from(missing_for > 60);
                missing_for = 0;
            }
            is_there = comes;
            if restarts {
                watch.restart();
            }
            if is_there { watch.admit(Admission::Granted) } else { watch.lose_account() };
        }
        expected += usize::from(missing_for > 60);
        let events = watch.emitted();
        prop_assert_eq!(events.iter().filter(|reason| **reason == Reason::AccountNotFound).count(), expected);
    }
}

#[test]
fn an_age_that_another_writer_changed_emits_nothing_that_is_not_recorded() {
    let mut unverified = Accounts::granted();
    unverified.by_name.values_mut().for_each(|one| one.admission = Admission::Unverified);
    let younger = Damage::Age("2026-01-01T00:01:53Z".parse().unwrap());
    let history = vec![
        (0, Step::Poll(Poll::Answered)),
        (481, Step::Accounts(unverified)),
        (0, Step::Damage(younger)),
        (0, Step::Poll(Poll::Answered)),
        (0, Step::Poll(Poll::Failed)),
    ];
    let nothing =
        Observation { at: jiff::Timestamp::UNIX_EPOCH, groups: [].into(), instances: vec![], stopped: false };
    Watch::of_account("prod").live(history, &mut nothing.clone());
}
