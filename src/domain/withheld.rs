//! Whether the instances that a status lists may be scraped (contract §16).

use super::ready_change::ready;
use super::{Reason, Truth};
use crate::api::Condition;

/// Reasons of Ready with which what is listed is not the watch's to show: what it names does not exist, or it may not use
/// the account.
const OF_ANY_WATCH: [Reason; 7] = [
    Reason::AppNotFound,
    Reason::GroupNotFound,
    Reason::AccountRequired,
    Reason::AccountNotFound,
    Reason::AccountNotAllowed,
    Reason::AccountMismatch,
    Reason::AccountConflict,
];
/// Reasons that a watch shares with the SaeAccount that it names. Without an account they say that the operator's own keys
/// or the spec are wrong, and take nothing from the watch that it had.
const OF_A_WATCH_WITH_ACCOUNT: [Reason; 3] =
    [Reason::InvalidSpec, Reason::AuthenticationFailed, Reason::CredentialsMissing];

/// Whether a watch with these conditions has no targets. `names_account` says whether its spec has an `accountRef`.
pub fn withholds_targets(conditions: &[Condition], names_account: bool) -> bool {
    let ready = ready(conditions);
    let reason = ready.filter(|ready| ready.status == Truth::False.as_str()).map(|ready| &ready.reason);
    let is_any_of = |reasons: &[Reason]| {
        reason.is_some_and(|reason| reasons.iter().any(|withholding| withholding.as_str() == reason))
    };
    is_any_of(&OF_ANY_WATCH) || names_account && is_any_of(&OF_A_WATCH_WITH_ACCOUNT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn withholds(status: &str, reason: &str, names_account: bool) -> bool {
        let ready = json!([{
            "type": "Ready", "status": status, "reason": reason, "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }]);
        let conditions: Vec<Condition> = serde_json::from_value(ready).unwrap();
        withholds_targets(&conditions, names_account)
    }

    #[test]
    fn a_watch_without_its_application_or_its_account_has_no_targets() {
        for reason in OF_ANY_WATCH {
            assert!(withholds("False", reason.as_str(), false) && withholds("False", reason.as_str(), true));
            assert!(!withholds("Unknown", reason.as_str(), true), "only a Ready that is False says so");
        }
    }

    #[test]
    fn keys_that_fail_take_the_targets_of_watches_that_name_an_account_alone() {
        for reason in OF_A_WATCH_WITH_ACCOUNT {
            assert!(withholds("False", reason.as_str(), true));
            assert!(!withholds("False", reason.as_str(), false));
        }
    }

    #[test]
    fn polls_that_fail_take_no_targets() {
        for reason in ["PollFailed", "Throttled", "DataStale", "AccessDenied", "a word of another version"] {
            assert!(!withholds("False", reason, true), "{reason}");
        }
        assert!(!withholds_targets(&[], true));
    }
}
