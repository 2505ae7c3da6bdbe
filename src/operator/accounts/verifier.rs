//! Asking STS whose keys are, again and again: at once when their source may have changed, rarely where it refuses them,
//! and later and later where it gives no answer (contract §11.2).

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until};

use crate::api::AccountName;
use crate::domain::Reason;
use crate::domain::account::{Newest, Verification};
use crate::sae::{Caller, Class, Credentials, Error};

/// How often the files of credentials are looked at. The kubelet itself takes up to a minute to bring a changed Secret
/// into a pod.
const LOOK: Duration = Duration::from_secs(5);
/// After how long refused keys are tried again.
const REFUSED: Duration = Duration::from_secs(600);
/// The first and the longest pause after no answer.
const PAUSES: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(300));

/// Whose keys are verified; `None`: the operator's own.
pub(super) type Whose = Option<AccountName>;

/// What STS said of the keys of `whose`.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) whose: Whose,
    /// Which verifier asked: the one before may have an answer under way.
    pub(super) number: u64,
    pub(super) newest: Newest,
}

/// Asks until it is dropped.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) number: u64,
    task: AbortHandle,
}

impl Verifier {
    /// Starts to ask whose the keys of `credentials` are.
    pub(super) fn start(
        whose: Whose,
        number: u64,
        credentials: Credentials,
        answers: mpsc::UnboundedSender<Answer>,
    ) -> Self {
        let verify = async move {
            let mut refusals_and_failures = Pauses::default();
            loop {
                let files = credentials.fingerprint();
                let newest = read(credentials.identify().await);
                let again = refusals_and_failures.after(&newest);
                let answer = Answer { whose: whose.clone(), number, newest };
                if answers.send(answer).is_err() {
                    return;
                }
                wait(&credentials, files, again.map(|pause| Instant::now() + pause)).await;
            }
        };
        Self { number, task: tokio::spawn(verify).abort_handle() }
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits until `until`, or until a file of credentials changes; of keys that are verified, one look long: asking whose
/// they are costs nothing while they come from where they came from.
async fn wait(credentials: &Credentials, files: u64, until: Option<Instant>) {
    let Some(until) = until else { return sleep(LOOK).await };
    while Instant::now() < until && credentials.fingerprint() == files {
        sleep_until(until.min(Instant::now() + LOOK)).await;
    }
}

/// How long until the next question.
#[derive(Debug, Default)]
struct Pauses(u32);

impl Pauses {
    /// The pause after an answer; `None` after one that holds until the keys change.
    fn after(&mut self, newest: &Newest) -> Option<Duration> {
        let failures = std::mem::take(&mut self.0);
        match newest {
            Newest::Definite(Verification::Refused { .. }) => Some(REFUSED),
            Newest::Definite(_) => None,
            Newest::None { .. } => {
                self.0 = failures.saturating_add(1);
                Some((PAUSES.0 * (1 << failures.min(10))).min(PAUSES.1))
            }
        }
    }
}

fn read(answer: Result<Caller, Error>) -> Newest {
    let error = match answer {
        Ok(Caller { account_id, arn }) => return Newest::Definite(Verification::Caller { account_id, arn }),
        Err(error) => error,
    };
    let refused = |reason, error: &Error| {
        Newest::Definite(Verification::Refused { reason, message: error.to_string() })
    };
    match error.class {
        Class::CredentialsRejected => refused(Reason::AuthenticationFailed, &error),
        Class::CredentialsMissing => refused(Reason::CredentialsMissing, &error),
        Class::AccountMismatch => refused(Reason::AccountMismatch, &error),
        _ => Newest::None { message: error.to_string(), is_throttled: error.is_throttle() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_five_minutes_and_a_refusal_waits_ten() {
        let mut pauses = Pauses::default();
        let none = Newest::None { message: "reset".into(), is_throttled: false };
        let seconds: Vec<u64> = (0..7).map(|_| pauses.after(&none).unwrap().as_secs()).collect();
        assert_eq!(seconds, [15, 30, 60, 120, 240, 300, 300]);
        let refused = Verification::Refused { reason: Reason::AuthenticationFailed, message: "no".into() };
        assert_eq!(pauses.after(&Newest::Definite(refused)), Some(REFUSED));
        assert_eq!(pauses.after(&none).unwrap().as_secs(), 15, "a row that was broken begins anew");
        let caller = Verification::Caller { account_id: "12345".parse().unwrap(), arn: "a".into() };
        assert_eq!(pauses.after(&Newest::Definite(caller)), None);
    }
}
