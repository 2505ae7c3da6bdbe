//! How available an application is: what GetAvailabilityMetric says of one.

use crate::application::Application;
use crate::kind::AppSource;

/// How available one application is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Availability {
    pub(crate) app: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) namespace: String,
    pub(crate) source: AppSource,
    pub(crate) wanted: usize,
    pub(crate) running: usize,
    /// What SAE calls abnormal instances, without saying what it means: here those that are not ready.
    pub(crate) failing: usize,
}

impl Availability {
    pub(crate) fn of(application: &Application) -> Self {
        Self {
            app: application.id.clone(),
            name: application.name.clone(),
            region: application.region.clone(),
            namespace: application.namespace.clone(),
            source: application.kind.source,
            wanted: application.wanted_instances(),
            running: application.running_instances(),
            failing: application.failing_instances(),
        }
    }

    /// The most instances that a made-up number names.
    pub(crate) fn most(&self) -> usize {
        self.wanted.max(self.failing).max(1)
    }
}
