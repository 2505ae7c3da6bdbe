//! Every metric there is: its name, its labels and what it says. The table of docs/reference.md comes from here, and so do
//! the names and labels that are written, so that the two cannot differ.

/// One metric family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name in queries; of a histogram without `_bucket`, `_sum` and `_count`.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says, as a sentence without its full stop.
    pub meaning: &'static str,
}

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only rises, and starts at 0 with the process or its leadership.
    Counter,
    /// It rises and falls.
    Gauge,
    /// How many took how long, in seconds.
    Histogram,
    /// It is always 1; what it says is in its labels.
    Info,
}

impl Kind {
    /// The word of the OpenMetrics format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Info => "info",
        }
    }
}

const fn counter(name: &'static str, labels: &'static [&'static str], meaning: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, labels, meaning }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], meaning: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, meaning }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], meaning: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, labels, meaning }
}

const fn info(name: &'static str, labels: &'static [&'static str], meaning: &'static str) -> Metric {
    Metric { name, kind: Kind::Info, labels, meaning }
}

/// The labels that say which watch.
const WATCH: &[&str] = &["namespace", "name", "app", "region"];

pub(crate) const SAE_CALLS: Metric = counter(
    "saewatch_sae_calls_total",
    &["operation", "outcome"],
    "Calls to SAE; the outcome is answered, failed (it passes), refused (until somebody acts) or throttled",
);
pub(crate) const SAE_CALL_DURATION: Metric =
    histogram("saewatch_sae_call_duration_seconds", &["operation"], "How long calls to SAE took");
pub(crate) const SAE_CALLS_IN_FLIGHT: Metric =
    gauge("saewatch_sae_calls_in_flight", &[], "Calls to SAE that are under way");
pub(crate) const THROTTLES: Metric =
    counter("saewatch_throttles_total", &[], "How often SAE said that the account is over its quota");
pub(crate) const THROTTLED: Metric =
    gauge("saewatch_throttled", &[], "1 while the account waits because SAE said so, else 0");
pub(crate) const BUDGET: Metric =
    gauge("saewatch_budget_calls_per_minute", &[], "The most calls a minute, `--calls-per-minute`");
pub(crate) const BUDGET_WANTED: Metric = gauge(
    "saewatch_budget_wanted_calls_per_minute",
    &[],
    "Calls a minute that it takes to poll every target at its interval",
);
pub(crate) const BUDGET_LEFT: Metric = gauge(
    "saewatch_budget_calls_left",
    &[],
    "The most calls a minute less those wanted; below 0 intervals stretch",
);
pub(crate) const QUEUE_LENGTH: Metric =
    gauge("saewatch_queue_length", &["lane"], "Work that is due and waits for its turn to call SAE");
pub(crate) const QUEUE_WAIT: Metric = histogram(
    "saewatch_queue_wait_seconds",
    &["lane"],
    "How long work that was due waited for its turn to call SAE",
);
pub(crate) const TARGETS: Metric = gauge(
    "saewatch_targets",
    &[],
    "What is polled: watches on the same application, groups and filters share one target",
);
pub(crate) const TARGETS_STRETCHED: Metric = gauge(
    "saewatch_targets_stretched",
    &[],
    "Targets that are polled more slowly than their interval, for want of budget",
);
pub(crate) const PRECHECK_DENIED: Metric = gauge(
    "saewatch_precheck_denied_regions",
    &[],
    "Regions where ListApplications is denied, so that changes are noticed only by each application's own poll",
);
pub(crate) const CREDENTIALS: Metric =
    info("saewatch_credentials_info", &["provider"], "The provider of the keys in use; absent without keys");
pub(crate) const CREDENTIALS_EXPIRY: Metric = gauge(
    "saewatch_credentials_expiry_timestamp_seconds",
    &[],
    "When the keys in use end to be valid; absent for keys that do not end",
);
pub(crate) const CREDENTIALS_REJECTED: Metric = gauge(
    "saewatch_credentials_rejected",
    &[],
    "1 while the credentials are missing, or SAE or STS rejects them, else 0",
);
pub(crate) const WATCHES: Metric = gauge(
    "saewatch_watches",
    &["health", "reason"],
    "Watches by the health they show and the reason of their condition Ready, which is empty without the condition",
);
pub(crate) const INVALID_WATCHES: Metric = gauge(
    "saewatch_invalid_watches",
    &[],
    "Watches that cannot be read and are left alone until they change",
);
pub(crate) const WATCH_HEALTH: Metric = gauge(
    "saewatch_watch_health",
    &["namespace", "name", "app", "region", "health"],
    "1 for the health shown; a suspended watch keeps its last one",
);
pub(crate) const WATCH_READY: Metric = gauge(
    "saewatch_watch_ready",
    &["namespace", "name", "app", "region", "status", "reason"],
    "1 while the condition Ready is True, 0 while it is False or Unknown: whether the watch works; absent with it",
);
pub(crate) const WATCH_READY_INSTANCES: Metric =
    gauge("saewatch_watch_ready_instances", WATCH, "Instances that are ready");
pub(crate) const WATCH_DESIRED_INSTANCES: Metric = gauge(
    "saewatch_watch_desired_instances",
    WATCH,
    "Instances that SAE is to run; absent when SAE does not say",
);
pub(crate) const WATCH_INSTANCES: Metric = gauge(
    "saewatch_watch_instances",
    &["namespace", "name", "app", "region", "state"],
    "Instances by state; a state that no instance is in is absent",
);
pub(crate) const WATCH_RESTARTS: Metric = gauge(
    "saewatch_watch_restarts",
    WATCH,
    "Restarts of all instances there are, summed; falls when an instance goes",
);
pub(crate) const WATCH_OBSERVED: Metric = gauge(
    "saewatch_watch_observed_timestamp_seconds",
    WATCH,
    "When SAE last answered for this watch, to the second; `status.observedAt` moves only with a write",
);
pub(crate) const WATCH_INTERVAL: Metric = gauge(
    "saewatch_watch_effective_interval_seconds",
    WATCH,
    "The time between polls: the interval, or longer for want of budget; absent while suspended",
);
pub(crate) const RECONCILES: Metric = counter(
    "saewatch_reconciles_total",
    &["outcome"],
    "Looks at a watch; the outcome is done, failed (Kubernetes did), invalid or panicked",
);
pub(crate) const RECONCILE_DURATION: Metric =
    histogram("saewatch_reconcile_duration_seconds", &[], "How long looks at a watch took, writes included");
pub(crate) const STATUS_WRITES: Metric = counter(
    "saewatch_status_writes_total",
    &["outcome"],
    "Writes of a status: news, heartbeat (nothing but the time is new), overtaken (the watch had changed; once more) or failed",
);
pub(crate) const EVENTS: Metric = counter(
    "saewatch_events_total",
    &["reason", "outcome"],
    "Events: told, failed (the API server did not take it) or over_budget (too many for one watch)",
);
pub(crate) const CRD_OUTDATED: Metric = gauge(
    "saewatch_crd_outdated",
    &[],
    "1 while the CRD is missing, or older than saewatch so that the API server refuses fields of the status, else 0",
);
pub(crate) const NAMESPACE_REFUSED: Metric = gauge(
    "saewatch_namespace_refused",
    &["watch_namespace"],
    "1 while the API server refuses to list or watch the watches of a namespace, or of all where the label is empty, else 0",
);
pub(crate) const LEADER: Metric =
    gauge("saewatch_leader", &[], "1 while this replica works, 0 while it stands by for another");
pub(crate) const BUILD: Metric = info("saewatch_build_info", &["version"], "The version that runs");
pub(crate) const PROCESS_CPU: Metric =
    counter("process_cpu_seconds_total", &[], "CPU time spent, user and system, in seconds");
pub(crate) const PROCESS_MEMORY: Metric = gauge("process_resident_memory_bytes", &[], "Resident memory");
pub(crate) const PROCESS_FDS: Metric = gauge("process_open_fds", &[], "Open file descriptors");
pub(crate) const PROCESS_START: Metric = gauge("process_start_time_seconds", &[], "When the process started");

/// All of them, in the order of the reference's table.
pub const ALL: [Metric; 38] = [
    WATCH_HEALTH,
    WATCH_READY,
    WATCH_READY_INSTANCES,
    WATCH_DESIRED_INSTANCES,
    WATCH_INSTANCES,
    WATCH_RESTARTS,
    WATCH_OBSERVED,
    WATCH_INTERVAL,
    WATCHES,
    INVALID_WATCHES,
    SAE_CALLS,
    SAE_CALL_DURATION,
    SAE_CALLS_IN_FLIGHT,
    THROTTLES,
    THROTTLED,
    BUDGET,
    BUDGET_WANTED,
    BUDGET_LEFT,
    QUEUE_LENGTH,
    QUEUE_WAIT,
    TARGETS,
    TARGETS_STRETCHED,
    PRECHECK_DENIED,
    CREDENTIALS,
    CREDENTIALS_EXPIRY,
    CREDENTIALS_REJECTED,
    RECONCILES,
    RECONCILE_DURATION,
    STATUS_WRITES,
    EVENTS,
    CRD_OUTDATED,
    NAMESPACE_REFUSED,
    LEADER,
    BUILD,
    PROCESS_CPU,
    PROCESS_MEMORY,
    PROCESS_FDS,
    PROCESS_START,
];
