//! Asking STS whose keys are, again and again: at once when their source may have changed, rarely where it refuses them,
//! and later and later where it gives no answer (contract §11.2).

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use crate::api::{AccountId, AccountName};
use crate::domain::Reason;
use crate::domain::account::{Newest, StsAnswer};
use crate::sae::{Caller, Class, Credentials, Error};

/// How often the files of credentials are checked for changes. The kubelet itself takes up to a minute to bring a changed Secret
/// into a pod.
const FILES_PERIOD: Duration = Duration::from_secs(5);
/// How often it is asked whose keys are that were verified. That costs nothing while they come from where they came from,
/// and of another source STS is asked before it serves.
const VERIFIED: Duration = Duration::from_secs(60);
/// After how long refused keys are tried again.
const REFUSED: Duration = Duration::from_secs(600);
/// The first pause after no answer.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Whose keys are verified; `None`: the operator's own.
pub(super) type Whose = Option<AccountName>;

/// What STS said of the keys of `whose`.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) whose: Whose,
    /// Which verifier asked: the one before may have an answer under way.
    pub(super) number: u64,
    pub(super) newest: Newest,
    /// Whether these may be other keys than those of the definite answer before: the first one of a source has none before
    /// it, or a file of credentials was written since.
    pub(super) are_keys_new: bool,
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
        mut files: watch::Receiver<u64>,
        answers: mpsc::UnboundedSender<Answer>,
    ) -> Self {
        let verify = async move {
            let (mut pauses, mut answered) = (Pauses::default(), None);
            loop {
                let read_from = *files.borrow_and_update();
                let newest = read(credentials.identify().await);
                let is_answered = matches!(newest, Newest::Answer(_));
                let are_keys_new = is_answered && answered.replace(read_from) != Some(read_from);
                // The operator's own keys have no owner that they must be of.
                let owner = whose.as_ref().and_then(|_| credentials.owner());
                let again = pauses.after(&newest, owner.as_ref());
                let answer = Answer { whose: whose.clone(), number, newest, are_keys_new };
                if answers.send(answer).is_err() {
                    return;
                }
                // A file that changes ends the pause.
                let _ = timeout(again, changed(&mut files)).await;
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

/// Watches the files of credentials, which are those of all accounts, for as long as somebody listens: what it sends is
/// another number when one is written, appears or goes.
pub(super) fn watch_files(credentials: Credentials) -> watch::Receiver<u64> {
    let (tx, rx) = watch::channel(credentials.fingerprint());
    tokio::spawn(async move {
        while !tx.is_closed() {
            sleep(FILES_PERIOD).await;
            let files = credentials.fingerprint();
            tx.send_if_modified(|known| std::mem::replace(known, files) != files);
        }
    });
    rx
}

/// Waits until a file changes.
async fn changed(files: &mut watch::Receiver<u64>) {
    if files.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// How long until the next question. Counts the questions without an answer in a row.
#[derive(Debug, Default)]
struct Pauses(u32);

impl Pauses {
    /// The pause after an answer. Keys of another account than the owner's are as refused ones.
    fn after(&mut self, newest: &Newest, owner: Option<&AccountId>) -> Duration {
        let failures = std::mem::take(&mut self.0);
        match newest {
            Newest::Answer(StsAnswer::Caller { account_id, .. })
                if owner.is_none_or(|owner| owner == account_id) =>
            {
                VERIFIED
            }
            Newest::Answer(_) => REFUSED,
            Newest::None { .. } => {
                self.0 = failures.saturating_add(1);
                (FIRST_PAUSE * (1 << failures.min(10))).min(LONGEST_PAUSE)
            }
        }
    }
}

fn read(answer: Result<Caller, Error>) -> Newest {
    let error = match answer {
        Ok(Caller { account_id, arn }) => return Newest::Answer(StsAnswer::Caller { account_id, arn }),
        Err(error) => error,
    };
    let refused =
        |reason, error: &Error| Newest::Answer(StsAnswer::Refused { reason, message: error.to_string() });
    match error.class {
        Class::CredentialsRejected => refused(Reason::AuthenticationFailed, &error),
        Class::CredentialsMissing => refused(Reason::CredentialsMissing, &error),
        Class::AccountMismatch => refused(Reason::AccountMismatch, &error),
        _ => Newest::None { message: error.to_string(), is_throttled: error.is_throttle() },
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::sae::{Client, Environment, Settings};

    fn caller() -> Newest {
        let (account_id, arn) = ("12345".parse().unwrap(), "a".into());
        Newest::Answer(StsAnswer::Caller { account_id, arn })
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_changes_ends_the_wait_and_may_bring_other_keys() {
        let file = std::env::temp_dir().join(format!("saewatch-verifier-{}", std::process::id()));
        let environment = Environment::of([
            ("ALIBABA_CLOUD_CONFIG_FILE", file.to_str().unwrap()),
            ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
        ]);
        let client = Client::new(Settings::new().environment(environment)).unwrap();
        let (sender, mut answers) = mpsc::unbounded_channel();
        let credentials = client.credentials().clone();
        let _verifier = Verifier::start(None, 1, credentials.clone(), watch_files(credentials), sender);
        let mut next = async || {
            let answer: Answer = answers.recv().await.unwrap();
            let is_refused = matches!(answer.newest, Newest::Answer(StsAnswer::Refused { .. }));
            assert!(is_refused, "{answer:?}");
            (answer.are_keys_new, Instant::now())
        };
        let (are_new, first) = next().await;
        assert!(are_new);
        let (are_new, second) = next().await;
        assert_eq!((are_new, (second - first).as_secs()), (false, 600), "the same keys are tried again");
        std::fs::write(&file, r#"{"current": "none", "profiles": []}"#).unwrap();
        let (are_new, third) = next().await;
        std::fs::remove_file(&file).unwrap();
        assert_eq!((are_new, third - second), (true, FILES_PERIOD));
    }

    #[test]
    fn sts_is_not_asked_all_the_time_about_keys_of_another_account() {
        let (owner, other) = ("12345".parse().unwrap(), "54321".parse().unwrap());
        let mut pauses = Pauses::default();
        assert_eq!(pauses.after(&caller(), Some(&owner)), VERIFIED);
        assert_eq!(pauses.after(&caller(), Some(&other)), REFUSED);
    }

    #[test]
    fn pauses_grow_to_five_minutes_and_a_refusal_waits_ten() {
        let mut pauses = Pauses::default();
        let none = Newest::None { message: "reset".into(), is_throttled: false };
        let seconds: Vec<u64> = (0..7).map(|_| pauses.after(&none, None).as_secs()).collect();
        assert_eq!(seconds, [15, 30, 60, 120, 240, 300, 300]);
        let refused = StsAnswer::Refused { reason: Reason::AuthenticationFailed, message: "no".into() };
        assert_eq!(pauses.after(&Newest::Answer(refused), None), REFUSED);
        assert_eq!(pauses.after(&none, None).as_secs(), 15, "a row that was broken begins anew");
        assert_eq!(pauses.after(&caller(), None), VERIFIED);
    }
}
