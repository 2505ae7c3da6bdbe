//! The one list of words: reasons of conditions and events, what each means and what to do about it.
//!
//! The reference's table of reasons is made from it, and a test compares the two.

/// A reason, as it stands in conditions, events and metric labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The newest poll answered, and what is shown is fresh.
    Observed,
    /// SAE has not answered for this spec yet.
    AwaitingFirstAnswer,
    /// Something failed and is tried again by itself.
    RetryingAfterFailure,
    /// The watch or its account is suspended: SAE is not polled.
    Suspended,
    /// Polls keep failing; the data shown is the last there was.
    PollFailed,
    /// SAE refuses calls because the account is over its quota.
    Throttled,
    /// What is shown is too old to be believed.
    DataStale,
    /// SAE does not know the application.
    AppNotFound,
    /// A group named by the spec does not exist.
    GroupNotFound,
    /// SAE calls a value of the spec wrong, or the operator cannot read the spec.
    InvalidSpec,
    /// Neither the watch nor the operator names a region.
    RegionMissing,
    /// SAE or STS does not accept the credentials.
    AuthenticationFailed,
    /// The credentials may not ask this.
    AccessDenied,
    /// The account is blocked or out of money.
    AccountBlocked,
    /// No credentials are configured, or only half of one.
    CredentialsMissing,
    /// The watch names no account, and the operator asks with none of its own.
    AccountRequired,
    /// No SaeAccount has the name.
    AccountNotFound,
    /// The account does not allow the namespace of the watch.
    AccountNotAllowed,
    /// The keys belong to another account.
    AccountMismatch,
    /// Another SaeAccount, or the operator's own keys, stand for the same account.
    AccountConflict,
    /// STS does not say whose the keys are.
    VerificationFailed,
    /// The keys are those of the account.
    Verified,
    /// Nothing is known yet.
    Progressing,
    /// The health of the application is unknown.
    HealthUnknown,
    /// No instance is wanted.
    ScaledToZero,
    /// Every instance is ready.
    AllInstancesHealthy,
    /// Every instance runs, and none has a health check.
    RunningWithoutHealthCheck,
    /// As many instances are ready as minHealthyPercent asks for.
    EnoughInstancesHealthy,
    /// Instances are starting.
    InstancesStarting,
    /// Instances crash or cannot start.
    InstancesFailing,
    /// Instances run and fail their health checks, or a sidecar fails.
    InstancesUnhealthy,
    /// Instances are wanted and none is there.
    NoInstances,
    /// Fewer instances are ready than are wanted.
    InsufficientInstances,
    /// The application became unwell, or worse.
    HealthDegraded,
    /// The application is well again.
    HealthRecovered,
    /// An instance crashes again and again.
    InstancesCrashLooping,
    /// An image cannot be pulled.
    ImagePullFailed,
    /// Instances that run were restarted.
    InstancesRestarted,
    /// Another number of instances is wanted.
    InstancesScaled,
    /// A rollout is over and other versions run.
    VersionChanged,
    /// Polls work again.
    PollRecovered,
    /// A requested poll was made.
    RefreshHandled,
}

/// The type of an event, as Kubernetes has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// Something happened.
    Normal,
    /// A person should act.
    Warning,
}

impl EventType {
    /// The word in the event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// What is known of one reason.
struct Entry {
    word: &'static str,
    meaning: &'static str,
    advice: &'static str,
    event: Option<EventType>,
}

const fn entry(
    word: &'static str,
    meaning: &'static str,
    advice: &'static str,
    event: Option<EventType>,
) -> Entry {
    Entry { word, meaning, advice, event }
}

impl Reason {
    /// Every reason there is, in the order of the reference's table.
    pub const ALL: [Self; 42] = [
        Self::Observed,
        Self::AwaitingFirstAnswer,
        Self::RetryingAfterFailure,
        Self::Suspended,
        Self::PollFailed,
        Self::Throttled,
        Self::DataStale,
        Self::AppNotFound,
        Self::GroupNotFound,
        Self::InvalidSpec,
        Self::RegionMissing,
        Self::AuthenticationFailed,
        Self::AccessDenied,
        Self::AccountBlocked,
        Self::CredentialsMissing,
        Self::AccountRequired,
        Self::AccountNotFound,
        Self::AccountNotAllowed,
        Self::AccountMismatch,
        Self::AccountConflict,
        Self::VerificationFailed,
        Self::Verified,
        Self::Progressing,
        Self::HealthUnknown,
        Self::ScaledToZero,
        Self::AllInstancesHealthy,
        Self::RunningWithoutHealthCheck,
        Self::EnoughInstancesHealthy,
        Self::InstancesStarting,
        Self::InstancesFailing,
        Self::InstancesUnhealthy,
        Self::NoInstances,
        Self::InsufficientInstances,
        Self::HealthDegraded,
        Self::HealthRecovered,
        Self::InstancesCrashLooping,
        Self::ImagePullFailed,
        Self::InstancesRestarted,
        Self::InstancesScaled,
        Self::VersionChanged,
        Self::PollRecovered,
        Self::RefreshHandled,
    ];

    /// The word itself.
    pub fn as_str(self) -> &'static str {
        self.entry().word
    }

    /// What it means, as a sentence.
    pub fn meaning(self) -> &'static str {
        self.entry().meaning
    }

    /// What to do about it, as a sentence.
    pub fn advice(self) -> &'static str {
        self.entry().advice
    }

    /// The type of the event of this name; `None` when there is no such event.
    pub fn event(self) -> Option<EventType> {
        self.entry().event
    }

    #[allow(clippy::too_many_lines, reason = "one table, an entry a reason")]
    fn entry(self) -> Entry {
        use EventType::{Normal, Warning};
        match self {
            Self::Observed => {
                entry("Observed", "The newest poll answered, and what is shown is fresh.", "Nothing.", None)
            }
            Self::AwaitingFirstAnswer => entry(
                "AwaitingFirstAnswer",
                "SAE has not answered for this spec yet.",
                "Wait; the message says for what.",
                None,
            ),
            Self::RetryingAfterFailure => entry(
                "RetryingAfterFailure",
                "Something failed and is tried again by itself.",
                "See Ready's reason.",
                None,
            ),
            Self::Suspended => entry(
                "Suspended",
                "The watch or its SaeAccount is suspended: SAE is not polled, and what is shown stays.",
                "Set spec.suspend to false to resume; the message says whose.",
                None,
            ),
            Self::PollFailed => entry(
                "PollFailed",
                "Polls keep failing; the data shown is the last there was.",
                "See the message; SAE or the way to it is in trouble, and the polls go on by themselves.",
                Some(Warning),
            ),
            Self::Throttled => entry(
                "Throttled",
                "SAE refuses calls because the account is over its quota.",
                "Lower --calls-per-minute, watch fewer applications, or ask Alibaba Cloud for more quota.",
                None,
            ),
            Self::DataStale => entry(
                "DataStale",
                "What is shown is too old to be believed.",
                "See Ready's message and the operator's log; if the operator was away, the next poll clears it.",
                Some(Warning),
            ),
            Self::AppNotFound => entry(
                "AppNotFound",
                "SAE does not know the application.",
                "Check appId and regionId, or delete the watch if the application is gone.",
                Some(Warning),
            ),
            Self::GroupNotFound => entry(
                "GroupNotFound",
                "A group named by the spec does not exist.",
                "Correct groupIds, or leave it out to watch all groups.",
                Some(Warning),
            ),
            Self::InvalidSpec => entry(
                "InvalidSpec",
                "SAE calls a value of the spec wrong, or the operator cannot read the spec.",
                "Correct the value that the message names.",
                Some(Warning),
            ),
            Self::RegionMissing => entry(
                "RegionMissing",
                "Neither the watch nor the operator names a region.",
                "Set spec.regionId, or start the operator with --region.",
                Some(Warning),
            ),
            Self::AuthenticationFailed => entry(
                "AuthenticationFailed",
                "SAE or STS does not accept the credentials.",
                "Check the access key or the role; a changed key is picked up by itself.",
                Some(Warning),
            ),
            Self::AccessDenied => entry(
                "AccessDenied",
                "The credentials may not ask this.",
                "Grant the RAM action that the message names.",
                Some(Warning),
            ),
            Self::AccountBlocked => entry(
                "AccountBlocked",
                "The account is blocked or out of money.",
                "Settle it in the Alibaba Cloud console.",
                Some(Warning),
            ),
            Self::CredentialsMissing => entry(
                "CredentialsMissing",
                "No credentials are configured, or only half of one.",
                "Give the operator credentials; the message and its log say what was tried.",
                Some(Warning),
            ),
            Self::AccountRequired => entry(
                "AccountRequired",
                "The watch names no account, and the operator was started with --require-account.",
                "Set spec.accountRef.",
                Some(Warning),
            ),
            Self::AccountNotFound => entry(
                "AccountNotFound",
                "There is no SaeAccount of the name in spec.accountRef.",
                "Correct the name, or have the SaeAccount created; it is noticed at once.",
                Some(Warning),
            ),
            Self::AccountNotAllowed => entry(
                "AccountNotAllowed",
                "The SaeAccount does not allow the namespace of the watch.",
                "Have the namespace added to the SaeAccount's spec.namespaces, or name another account.",
                Some(Warning),
            ),
            Self::AccountMismatch => entry(
                "AccountMismatch",
                "The keys of the SaeAccount belong to another account.",
                "Correct the SaeAccount's accountId, roleArn or profile; its own message names both accounts.",
                Some(Warning),
            ),
            Self::AccountConflict => entry(
                "AccountConflict",
                "Another SaeAccount, or the operator's own keys, stand for the same account.",
                "Delete one of the two; the SaeAccount's own message names the other one.",
                Some(Warning),
            ),
            Self::VerificationFailed => entry(
                "VerificationFailed",
                "STS has not said whose the keys of the SaeAccount are.",
                "See the message; STS or the way to it is in trouble, and it is asked again by itself.",
                Some(Warning),
            ),
            Self::Verified => entry(
                "Verified",
                "STS says that the keys are those of the account.",
                "Nothing.",
                Some(Normal),
            ),
            Self::Progressing => {
                entry("Progressing", "STS has not answered yet.", "Wait; it is asked by itself.", None)
            }
            Self::HealthUnknown => entry(
                "HealthUnknown",
                "The health of the application is unknown.",
                "See Ready's reason.",
                None,
            ),
            Self::ScaledToZero => entry("ScaledToZero", "No instance is wanted.", "Nothing.", None),
            Self::AllInstancesHealthy => {
                entry("AllInstancesHealthy", "Every instance is ready.", "Nothing.", None)
            }
            Self::RunningWithoutHealthCheck => entry(
                "RunningWithoutHealthCheck",
                "Every instance runs, and none has a health check.",
                "Give the application a readiness probe, so that running means serving.",
                None,
            ),
            Self::EnoughInstancesHealthy => entry(
                "EnoughInstancesHealthy",
                "As many instances are ready as minHealthyPercent asks for.",
                "See the instances that are not.",
                None,
            ),
            Self::InstancesStarting => entry(
                "InstancesStarting",
                "Instances are starting.",
                "Wait; after progressDeadline they count as failing.",
                None,
            ),
            Self::InstancesFailing => entry(
                "InstancesFailing",
                "Instances crash or cannot start.",
                "See the instances the message names, their logs in SAE, and the last rollout.",
                None,
            ),
            Self::InstancesUnhealthy => entry(
                "InstancesUnhealthy",
                "Instances run and fail their health checks, or a sidecar fails.",
                "See the instances the message names and their probes.",
                None,
            ),
            Self::NoInstances => entry(
                "NoInstances",
                "Instances are wanted and none is there.",
                "See the application's change orders in SAE: a rollout or a scaling rule took them all.",
                Some(Warning),
            ),
            Self::InsufficientInstances => entry(
                "InsufficientInstances",
                "Fewer instances are ready than are wanted.",
                "See the application's scaling rules and quota in SAE.",
                None,
            ),
            Self::HealthDegraded => entry(
                "HealthDegraded",
                "The application became unwell, or worse.",
                "See the note and `kubectl describe`.",
                Some(Warning),
            ),
            Self::HealthRecovered => {
                entry("HealthRecovered", "The application is well again.", "Nothing.", Some(Normal))
            }
            Self::InstancesCrashLooping => entry(
                "InstancesCrashLooping",
                "An instance crashes again and again.",
                "See its log in SAE and the last rollout.",
                Some(Warning),
            ),
            Self::ImagePullFailed => entry(
                "ImagePullFailed",
                "An image cannot be pulled.",
                "Check the image's name and the registry's access.",
                Some(Warning),
            ),
            Self::InstancesRestarted => entry(
                "InstancesRestarted",
                "Instances that run were restarted.",
                "See their logs and their memory limits.",
                Some(Warning),
            ),
            Self::InstancesScaled => {
                entry("InstancesScaled", "Another number of instances is wanted.", "Nothing.", Some(Normal))
            }
            Self::VersionChanged => {
                entry("VersionChanged", "A rollout is over and other versions run.", "Nothing.", Some(Normal))
            }
            Self::PollRecovered => entry("PollRecovered", "Polls work again.", "Nothing.", Some(Normal)),
            Self::RefreshHandled => {
                entry("RefreshHandled", "A requested poll was made.", "Nothing.", Some(Normal))
            }
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_is_one_short_camel_case_word_of_its_own() {
        let words: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
        for word in words {
            let is_camel = word.starts_with(|c: char| c.is_ascii_uppercase())
                && word.chars().all(|c| c.is_ascii_alphanumeric());
            assert!(is_camel && word.len() <= 64, "{word}");
        }
    }

    #[test]
    fn the_word_is_the_name_of_the_variant() {
        for reason in Reason::ALL {
            assert_eq!(format!("{reason:?}"), reason.as_str());
        }
    }

    #[test]
    fn meaning_and_advice_are_sentences() {
        for text in Reason::ALL.iter().flat_map(|reason| [reason.meaning(), reason.advice()]) {
            assert!(text.ends_with('.') && text.starts_with(|c: char| c.is_uppercase()), "{text}");
        }
    }
}
