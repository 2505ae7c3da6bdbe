//! The rules that give an instance its state: the rows of the table of contract §3.

use std::fmt;

use crate::api::InstanceState;

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The container is Terminating.
    Terminating,
    /// The status of the container or of the main container is a failed one.
    FailingWord,
    /// It has been starting for longer than `progressDeadline`.
    DeadlineExceeded,
    /// The status of the container or of the main container is a starting one.
    StartingWord,
    /// The container runs, and its health has not been checked yet.
    NotCheckedYet,
    /// The container runs, and fails its health check.
    HealthCheckFailed,
    /// The container runs, and a sidecar's status is a failed one.
    FailingSidecar,
    /// The container runs without the health check that the spec requires.
    HealthCheckMissing,
    /// The containers run, and no health check or sidecar fails.
    Ready,
    /// No other rule fits.
    NoRule,
}

impl Rule {
    /// The state that it gives.
    pub fn state(self) -> InstanceState {
        match self {
            Self::Terminating => InstanceState::Terminating,
            Self::FailingWord | Self::DeadlineExceeded => InstanceState::Failing,
            Self::StartingWord | Self::NotCheckedYet => InstanceState::Starting,
            Self::HealthCheckFailed | Self::FailingSidecar | Self::HealthCheckMissing => {
                InstanceState::Unhealthy
            }
            Self::Ready => InstanceState::Ready,
            Self::NoRule => InstanceState::Unknown,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminating => "terminating",
            Self::FailingWord => "failed state",
            Self::DeadlineExceeded => "starting for longer than progressDeadline",
            Self::StartingWord => "starting state",
            Self::NotCheckedYet => "running, and not checked yet",
            Self::HealthCheckFailed => "running, and its health check fails",
            Self::FailingSidecar => "running, with a failed sidecar",
            Self::HealthCheckMissing => "running without the health check that requireHealthCheck asks for",
            Self::Ready => "running, and no health check or sidecar fails",
            Self::NoRule => "unknown status",
        })
    }
}
