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

/// The label that says which SaeAccount; it is empty for the operator's own keys.
const ACCOUNT: &[&str] = &["account"];

/// The labels that say which watch. `app_name` is empty while the name is not known.
const WATCH: &[&str] = &["namespace", "watch", "account", "app_id", "app_name", "region"];

pub(crate) const SAE_CALLS: Metric = counter(
    "saewatch_sae_calls_total",
    &["account", "operation", "outcome"],
    "Calls to SAE; the outcome is success, error (a retry may clear it), rejected (until somebody acts) or throttled",
);
pub(crate) const SAE_CALL_DURATION: Metric =
    histogram("saewatch_sae_call_duration_seconds", &["account", "operation"], "Duration of calls to SAE");
pub(crate) const SAE_CALLS_IN_FLIGHT: Metric =
    gauge("saewatch_sae_calls_in_flight", ACCOUNT, "Calls to SAE that wait for their response");
pub(crate) const THROTTLES: Metric = counter(
    "saewatch_throttles_total",
    ACCOUNT,
    "Responses of SAE that say that the account is over its quota",
);
pub(crate) const THROTTLED: Metric =
    gauge("saewatch_throttled", ACCOUNT, "1 while no call is made because SAE throttles the account, else 0");
pub(crate) const BUDGET: Metric = gauge(
    "saewatch_budget_calls_per_minute",
    ACCOUNT,
    "Calls a minute that saewatch may make: `callsPerMinute` of the SaeAccount, else `--calls-per-minute`",
);
pub(crate) const BUDGET_WANTED: Metric = gauge(
    "saewatch_budget_wanted_calls_per_minute",
    ACCOUNT,
    "Calls a minute that are needed to poll every target at its interval",
);
pub(crate) const BUDGET_LEFT: Metric = gauge(
    "saewatch_budget_left_calls_per_minute",
    ACCOUNT,
    "The budget less the calls a minute that are wanted; while it is below 0, intervals are stretched",
);
pub(crate) const QUEUE_LENGTH: Metric = gauge(
    "saewatch_queue_length",
    &["account", "lane"],
    "Polls, pre-checks and diagnoses that are due and wait for a call to SAE",
);
pub(crate) const QUEUE_WAIT: Metric = histogram(
    "saewatch_queue_wait_seconds",
    &["account", "lane"],
    "Time that polls, pre-checks and diagnoses waited for their first call to SAE after they were due",
);
pub(crate) const TARGETS: Metric = gauge(
    "saewatch_targets",
    ACCOUNT,
    "Targets of polls; watches on the same application, groups and filters share one",
);
pub(crate) const TARGETS_STRETCHED: Metric = gauge(
    "saewatch_targets_stretched",
    ACCOUNT,
    "Targets that are polled less often than at their interval, because the budget is short",
);
pub(crate) const LISTS_DENIED: Metric = gauge(
    "saewatch_lists_denied_regions",
    &["account", "operation"],
    "Regions where a list of the sweeps is denied: ListApplications, which shows moved counts, or GetAvailabilityMetric, which hints at what moves none",
);
pub(crate) const APPLICATIONS: Metric = gauge(
    "saewatch_applications",
    &["account", "region"],
    "Applications of a region, in the newest complete list that is read anyway; none while that is older than an hour",
);
pub(crate) const APPLICATIONS_WATCHED: Metric = gauge(
    "saewatch_applications_watched",
    &["account", "region"],
    "Those of the same list that a watch watches",
);
pub(crate) const HINTS: Metric = counter(
    "saewatch_hints_total",
    &["account", "outcome"],
    "Hints of GetAvailabilityMetric; the outcome is confirmed (the poll found a change), nothing_new (it found none) or missed (a poll by the clock found what the list did not show)",
);
pub(crate) const CREDENTIALS: Metric = info(
    "saewatch_credentials_info",
    &["account", "provider"],
    "The credential provider in use; absent without credentials",
);
pub(crate) const CREDENTIALS_EXPIRY: Metric = gauge(
    "saewatch_credentials_expiry_timestamp_seconds",
    ACCOUNT,
    "Expiry of the credentials in use; absent if they do not expire",
);
pub(crate) const CREDENTIALS_REJECTED: Metric = gauge(
    "saewatch_credentials_rejected",
    ACCOUNT,
    "1 while the credentials are missing, or SAE or STS rejects them, else 0",
);
pub(crate) const WATCHES: Metric = gauge(
    "saewatch_watches",
    &["health", "reason", "account"],
    "Watches by `status.health` and `status.reason`, the column REASON",
);
pub(crate) const INVALID_WATCHES: Metric = gauge(
    "saewatch_invalid_watches",
    &[],
    "Watches whose spec cannot be read; they are not polled until it changes",
);
pub(crate) const INVALID_SCRAPE_PORTS: Metric = gauge(
    "saewatch_scrape_port_invalid_watches",
    &[],
    "Watches whose annotation saewatch.dev/scrape-port is no port, which have no targets; 0 without `--http-sd-addr`",
);
pub(crate) const WATCH_HEALTH: Metric = gauge(
    "saewatch_watch_health",
    &["namespace", "watch", "account", "app_id", "app_name", "region", "health"],
    "1 for the health of the application, 0 for each other one; a suspended watch keeps its last health",
);
pub(crate) const WATCH_HEALTH_TRANSITION: Metric = gauge(
    "saewatch_watch_health_transition_timestamp_seconds",
    WATCH,
    "When the health last changed: `status.lastTransitionAt`, or when a watch without a first answer got its status",
);
pub(crate) const WATCH_CONDITION: Metric = gauge(
    "saewatch_watch_status_condition",
    &["namespace", "watch", "account", "app_id", "app_name", "region", "condition", "status"],
    "1 for the status of a condition (true, false or unknown), 0 for the other two; absent while the watch has no such condition",
);
pub(crate) const WATCH_REASON: Metric = info(
    "saewatch_watch_reason_info",
    &["namespace", "watch", "account", "app_id", "app_name", "region", "reason"],
    "`status.reason`, the column REASON: that of Ready while Ready is not True, else that of AppHealthy",
);
pub(crate) const WATCH_READY_INSTANCES: Metric =
    gauge("saewatch_watch_ready_instances", WATCH, "Instances that are ready");
pub(crate) const WATCH_DESIRED_INSTANCES: Metric = gauge(
    "saewatch_watch_desired_instances",
    WATCH,
    "Instances that SAE should run; absent if SAE does not say",
);
pub(crate) const WATCH_INSTANCES: Metric = gauge(
    "saewatch_watch_instances",
    &["namespace", "watch", "account", "app_id", "app_name", "region", "state"],
    "Instances by state; a state without instances is absent",
);
pub(crate) const WATCH_RESTARTS: Metric = gauge(
    "saewatch_watch_instance_restarts",
    WATCH,
    "Restarts of the instances that exist now, added up; falls when an instance is removed",
);
pub(crate) const WATCH_OBSERVED: Metric = gauge(
    "saewatch_watch_observed_timestamp_seconds",
    WATCH,
    "When the last successful poll was; `status.observedAt` moves only when the status is written",
);
pub(crate) const WATCH_INTERVAL: Metric = gauge(
    "saewatch_watch_effective_interval_seconds",
    WATCH,
    "Time between polls: the interval, or more while the budget is short; absent while the watch is suspended",
);
pub(crate) const RECONCILES: Metric = counter(
    "saewatch_reconciles_total",
    &["outcome"],
    "Reconciles of a watch; the outcome is success, error (of the API server), invalid (the spec cannot be read) or panic",
);
pub(crate) const RECONCILE_DURATION: Metric = histogram(
    "saewatch_reconcile_duration_seconds",
    &[],
    "Duration of reconciles, requests to the API server included",
);
pub(crate) const STATUS_WRITES: Metric = counter(
    "saewatch_status_writes_total",
    &["kind", "outcome"],
    "Writes of a status; the kind is change or heartbeat (only the time is new), the outcome success, conflict (retried) or error",
);
pub(crate) const EVENTS: Metric = counter(
    "saewatch_events_total",
    &["reason", "outcome"],
    "Events; the outcome is success, error (of the API server) or skipped (too many for one watch)",
);
pub(crate) const CRD_OUTDATED: Metric = gauge(
    "saewatch_crd_outdated",
    &[],
    "1 while the CRD of watches is missing, or that of watches, accounts or sets is older than saewatch, so that the API server drops fields of a status, else 0",
);
pub(crate) const NAMESPACE_REFUSED: Metric = gauge(
    "saewatch_namespace_refused",
    &["watch_namespace"],
    "1 while the API server forbids to list or watch the watches of a namespace, or of all where the label is empty, else 0",
);
pub(crate) const ACCOUNT_READY: Metric = gauge(
    "saewatch_account_ready",
    &["account", "account_id", "reason"],
    "1 while the SaeAccount is Ready, else 0; the reason is that of its condition Ready, empty while it is suspended, and `account_id` is empty while its spec cannot be read",
);
pub(crate) const ACCOUNTS_UNAVAILABLE: Metric = gauge(
    "saewatch_accounts_unavailable",
    &[],
    "1 while SaeAccounts cannot be listed, for want of their CRD or of the right to list them, else 0; absent with `--accounts=false`",
);
pub(crate) const SETS_UNAVAILABLE: Metric = gauge(
    "saewatch_sets_unavailable",
    &[],
    "1 while SaeAppWatchSets cannot be listed, for want of their CRD or of the right to list them, else 0; absent without `--watch-sets`",
);
pub(crate) const LEADER: Metric =
    gauge("saewatch_leader", &[], "1 while this replica works, 0 while it stands by for the leader");
pub(crate) const BUILD: Metric = info("saewatch_build_info", &["version"], "The version of saewatch");
pub(crate) const PROCESS_CPU: Metric =
    counter("process_cpu_seconds_total", &[], "CPU time spent, user and system, in seconds");
pub(crate) const PROCESS_MEMORY: Metric = gauge("process_resident_memory_bytes", &[], "Resident memory");
pub(crate) const PROCESS_FDS: Metric = gauge("process_open_fds", &[], "Open file descriptors");
pub(crate) const PROCESS_START: Metric =
    gauge("process_start_time_seconds", &[], "Start time of the process");

/// All of them, in the order of the reference's table.
pub const ALL: [Metric; 47] = [
    WATCH_HEALTH,
    WATCH_HEALTH_TRANSITION,
    WATCH_CONDITION,
    WATCH_REASON,
    WATCH_READY_INSTANCES,
    WATCH_DESIRED_INSTANCES,
    WATCH_INSTANCES,
    WATCH_RESTARTS,
    WATCH_OBSERVED,
    WATCH_INTERVAL,
    WATCHES,
    INVALID_WATCHES,
    INVALID_SCRAPE_PORTS,
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
    LISTS_DENIED,
    APPLICATIONS,
    APPLICATIONS_WATCHED,
    HINTS,
    CREDENTIALS,
    CREDENTIALS_EXPIRY,
    CREDENTIALS_REJECTED,
    ACCOUNT_READY,
    ACCOUNTS_UNAVAILABLE,
    SETS_UNAVAILABLE,
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
