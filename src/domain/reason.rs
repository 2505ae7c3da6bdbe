//! The one list of words: reasons of conditions and events. What each means stands in `reason_table`.

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
    /// Neither the watch or the set nor the operator names a region.
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
    /// The lists of a set are in, and every watch could be applied.
    Listed,
    /// More applications are selected than the limit of the set allows.
    LimitReached,
    /// The applications of a region cannot be listed.
    ListFailed,
    /// The API server refuses a watch of a set.
    ApplyFailed,
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
    /// SAE has said why the application is unwell.
    DiagnosisReady,
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

impl Reason {
    /// Every reason there is, in the order of the reference's table.
    pub const ALL: [Self; 47] = [
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
        Self::Listed,
        Self::LimitReached,
        Self::ListFailed,
        Self::ApplyFailed,
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
        Self::DiagnosisReady,
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
