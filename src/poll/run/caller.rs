//! The calls of a job: each waits for its permit, and each response is reported to the scheduler.

use std::sync::Arc;

use tokio::time::Instant;

use super::shared::Shared;
use crate::poll::scheduler::{JobRun, Withdrawn};
use crate::sae::{Asker, Error, Gate, Operation};

/// Makes the calls of one job.
pub(crate) type Caller<A> = Asker<A, Paced>;

/// Lets the calls of one job out as the scheduler permits.
pub(crate) struct Paced {
    shared: Arc<Shared>,
    run: JobRun,
    /// The first call was paid for when the job started.
    paid: bool,
    /// When the newest call was let out.
    sent: Instant,
}

impl Paced {
    pub(crate) fn new(shared: Arc<Shared>, run: JobRun) -> Self {
        Self { shared, run, paid: true, sent: Instant::now() }
    }
}

impl Gate for Paced {
    type Closed = Withdrawn;

    async fn permit(&mut self) -> Result<(), Withdrawn> {
        if !std::mem::take(&mut self.paid) {
            let permit = self.shared.scheduler().request_permit(self.run).ok_or(Withdrawn)?;
            self.shared.wake();
            permit.await.map_err(|_| Withdrawn)?;
        }
        self.sent = Instant::now();
        Ok(())
    }

    fn answered(&mut self, operation: Operation, error: Option<&Error>) {
        if let Some(error) = error {
            // What SAE's support asks for first. It moves by itself, so that no condition and no event can hold it.
            tracing::debug!(%error, request_id = error.request_id, "a call failed");
        }
        self.shared.scheduler().answered(self.run, operation, error, self.sent, Instant::now());
    }
}
