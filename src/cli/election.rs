//! The flags of leader election.

use std::time::Duration;

use clap::{ArgAction, Args as ClapArgs};

use super::values::parse_object_name;
use crate::api::{GoDuration, Namespace};
use crate::cluster::LeaseParams;

/// The flags of leader election. The defaults are calm: a slow API server is no reason to hand over.
#[derive(Debug, ClapArgs)]
#[group(id = "election")]
pub(super) struct Args {
    /// Let one of several replicas work while the others wait, healthy and ready
    #[arg(long, env = "SAEWATCH_LEADER_ELECT", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    leader_elect: bool,

    /// Name of the Lease
    #[arg(long, env = "SAEWATCH_LEASE_NAME", value_name = "NAME", default_value = "saewatch", value_parser = parse_object_name)]
    lease_name: String,

    /// Namespace of the Lease [default: the operator's own]
    #[arg(long, env = "SAEWATCH_LEASE_NAMESPACE", value_name = "NAMESPACE")]
    lease_namespace: Option<Namespace>,

    /// How long the Lease is valid without being renewed
    #[arg(long, env = "SAEWATCH_LEASE_DURATION", value_name = "DURATION", default_value = "60s")]
    lease_duration: GoDuration,

    /// After how long without a renewal the leader stops; shorter than --lease-duration
    #[arg(long, env = "SAEWATCH_LEASE_RENEW_DEADLINE", value_name = "DURATION", default_value = "40s")]
    lease_renew_deadline: GoDuration,

    /// The time between tries; shorter than --lease-renew-deadline
    #[arg(long, env = "SAEWATCH_LEASE_RETRY_PERIOD", value_name = "DURATION", default_value = "10s")]
    lease_retry_period: GoDuration,
}

impl Args {
    /// Refuses times that contradict each other, naming the flags.
    pub(super) fn check(&self) -> Result<(), String> {
        let Self { lease_duration, lease_renew_deadline, lease_retry_period, .. } = self;
        let second = Duration::from_secs(1);
        for (flag, value, limit, name) in [
            ("--lease-renew-deadline", lease_renew_deadline, lease_duration, "--lease-duration"),
            ("--lease-retry-period", lease_retry_period, lease_renew_deadline, "--lease-renew-deadline"),
        ] {
            if value.value() >= limit.value() {
                return Err(format!(
                    "invalid value '{value}' for '{flag}': it must be shorter than {name}, which is {limit}"
                ));
            }
        }
        if lease_retry_period.value() < second {
            return Err(format!(
                "invalid value '{lease_retry_period}' for '--lease-retry-period': it must be at least 1s"
            ));
        }
        Ok(())
    }

    /// The parameters of the lease, for a replica of this name; `None` when there is no election.
    pub(super) fn lease_params(&self, own_namespace: &str, replica: &str) -> Option<LeaseParams> {
        self.leader_elect.then(|| LeaseParams {
            lease: self.lease_name.clone(),
            namespace: self.lease_namespace.as_ref().map_or(own_namespace, Namespace::as_str).to_owned(),
            // Two processes of one name, such as a container that restarts, are two candidates.
            candidate: format!("{replica}_{:08x}", fastrand::u32(..)),
            duration: self.lease_duration.value(),
            renew_deadline: self.lease_renew_deadline.value(),
            retry_period: self.lease_retry_period.value(),
        })
    }
}
