//! The one list of words: reasons of conditions and events, what each means and what to do about it.
//!
//! The README's table is made from it, and a test compares the two.

/// A reason, as it stands in conditions, events and metric labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Ready: the newest poll answered.
    Observed,
    /// Ready, Reconciling: no outcome for this spec yet.
    Progressing,
    /// Reconciling: something failed and is tried again by itself.
    RetryingAfterFailure,
    /// AppHealthy: suspended before anything was observed.
    Suspended,
    /// Ready: polls fail.
    PollFailed,
    /// Ready: SAE refuses calls because the account is over its quota.
    Throttled,
    /// Ready, AppHealthy: what is shown is too old to be believed.
    DataStale,
    /// Ready, Stalled: SAE does not know the application.
    AppNotFound,
    /// Ready, Stalled: a named group does not exist.
    GroupNotFound,
    /// Ready, Stalled: SAE calls a value of the spec wrong, or the watch has no region.
    InvalidSpec,
    /// Ready, Stalled: SAE does not accept the key or its signature.
    AuthenticationFailed,
    /// Ready, Stalled: the key may not ask this.
    AccessDenied,
    /// Ready, Stalled: the account itself is blocked or has no money.
    AccountBlocked,
    /// Ready, Stalled: no credentials are configured, or only half of one.
    CredentialsMissing,
    /// AppHealthy: nobody knows.
    HealthUnknown,
    /// AppHealthy: nothing is wanted and nothing runs.
    ScaledToZero,
    /// AppHealthy: every instance is ready.
    AllInstancesHealthy,
    /// AppHealthy: every instance runs, and none has a health check.
    RunningWithoutHealthCheck,
    /// AppHealthy: as many are ready as are needed.
    EnoughInstancesHealthy,
    /// AppHealthy: instances are on their way up.
    InstancesStarting,
    /// AppHealthy: instances crash or cannot start.
    InstancesFailing,
    /// AppHealthy: instances fail their health checks.
    InstancesUnhealthy,
    /// AppHealthy, event: none of the wanted instances is there.
    NoInstances,
    /// AppHealthy: too few instances are there.
    InsufficientInstances,
    /// Event: the application became unwell, or worse.
    HealthDegraded,
    /// Event: the application is well again.
    HealthRecovered,
    /// Event: an instance crashes again and again.
    InstancesCrashLooping,
    /// Event: an image cannot be pulled.
    ImagePullFailed,
    /// Event: running instances were restarted.
    InstancesRestarted,
    /// Event: another number of instances is wanted.
    InstancesScaled,
    /// Event: a rollout is over and other versions run.
    VersionChanged,
    /// Event: polls work again.
    PollRecovered,
    /// Event: a requested poll was made.
    RefreshHandled,
}
