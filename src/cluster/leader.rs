//! One of several replicas works: a Lease with optimistic locking (contract §10).
//!
//! The rules are those of client-go's leaderelection package: every write names the resource version it was read
//! at, so of two candidates one gets 409; a lease counts as abandoned when it has not changed for its duration on our
//! own clock, so that clocks of nodes need not agree; and a leader that cannot renew in time stops before
//! another one may begin.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::cause::describe;

/// Which lease, for which candidate, with which times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaseParams {
    /// The lease's name.
    pub lease: String,
    /// The lease's namespace.
    pub namespace: String,
    /// The candidate's name; no two processes may share one.
    pub candidate: String,
    /// How long a lease is valid without being renewed.
    pub duration: Duration,
    /// After how long without a renewal the leader stops.
    pub renew_deadline: Duration,
    /// The time between tries.
    pub retry_period: Duration,
}

/// A candidate for the lease.
pub(crate) struct Candidate {
    api: Api<Lease>,
    params: LeaseParams,
    /// The lease of another candidate as it was last seen to change, and when that was.
    observed: Option<(Option<String>, Instant)>,
}

/// Why a try did not get the lease.
#[derive(Debug, thiserror::Error)]
enum Miss {
    #[error("{0} holds it")]
    Held(String),
    #[error("another candidate was quicker")]
    Lost,
    #[error("{}", describe(.0))]
    Kube(kube::Error),
}

impl Candidate {
    /// A candidate with these parameters.
    pub(crate) fn new(client: Client, params: LeaseParams) -> Self {
        Self { api: Api::namespaced(client, &params.namespace), params, observed: None }
    }

    /// Waits until the lease is ours; `None` when `stop` is cancelled first.
    pub(crate) async fn acquire(&mut self, stop: &CancellationToken) -> Option<()> {
        let mut reported = String::new();
        loop {
            match self.try_acquire().await {
                Ok(()) => {
                    tracing::info!(lease = self.params.lease, candidate = self.params.candidate, "leading");
                    return Some(());
                }
                Err(miss) => {
                    // Once for each reason: a standby may wait for months.
                    let why = miss.to_string();
                    if why != reported {
                        tracing::info!(lease = self.params.lease, why, "standing by");
                        reported = why;
                    }
                }
            }
            stop.run_until_cancelled(tokio::time::sleep(self.params.retry_period)).await?;
        }
    }

    /// Renews the lease until that fails for the renew deadline. Dropped, it leaves the lease as it is.
    pub(crate) async fn renew(&mut self) {
        let mut renewed = Instant::now();
        let mut reported = String::new();
        loop {
            let rest = self.params.renew_deadline.saturating_sub(renewed.elapsed());
            let pause = self.params.retry_period;
            let tried = async {
                tokio::time::sleep(pause).await;
                self.try_acquire().await
            };
            match tokio::time::timeout(rest, tried).await {
                Ok(Ok(())) => {
                    renewed = Instant::now();
                    reported.clear();
                }
                Ok(Err(Miss::Held(holder))) => {
                    tracing::warn!(lease = self.params.lease, holder, "another candidate holds the lease");
                    return;
                }
                Ok(Err(miss)) => {
                    // Once for each reason, and not at each try.
                    let error = miss.to_string();
                    if error != reported {
                        tracing::warn!(
                            lease = self.params.lease,
                            error,
                            "cannot renew the lease; trying again"
                        );
                        reported = error;
                    }
                }
                Err(_) => break,
            }
        }
        tracing::warn!(lease = self.params.lease, deadline = ?self.params.renew_deadline, "the lease was not renewed in time");
    }

    /// Gives the lease back, so that another replica need not wait for its end.
    pub(crate) async fn release(&mut self) {
        let outcome = async {
            let Some(mut lease) = self.api.get_opt(&self.params.lease).await? else { return Ok(()) };
            let spec = lease.spec.get_or_insert_default();
            if spec.holder_identity.as_ref() == Some(&self.params.candidate) {
                spec.holder_identity = None;
                // What client-go writes too: a reader that ignores the empty holder waits a second at most.
                spec.lease_duration_seconds = Some(1);
                self.api.replace(&self.params.lease, &PostParams::default(), &lease).await?;
            }
            Ok::<_, kube::Error>(())
        }
        .await;
        match outcome {
            Ok(()) => tracing::info!(lease = self.params.lease, "released the lease"),
            Err(error) => {
                let error = describe(&error);
                tracing::warn!(lease = self.params.lease, error, "cannot release the lease; it runs out");
            }
        }
    }

    /// Takes the lease or renews it, in one read and one write.
    async fn try_acquire(&mut self) -> Result<(), Miss> {
        let write = PostParams::default();
        let outcome = match self.api.get_opt(&self.params.lease).await.map_err(Miss::Kube)? {
            None => self.api.create(&write, &self.claim(None)).await,
            Some(lease) => {
                self.may_take(&lease)?;
                self.api.replace(&self.params.lease, &write, &self.claim(Some(lease))).await
            }
        };
        match outcome {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => {
                Err(Miss::Lost)
            }
            Err(error) => Err(Miss::Kube(error)),
        }
    }

    /// Whether the lease may be taken: it is ours, has no holder, or its holder has abandoned it.
    fn may_take(&mut self, lease: &Lease) -> Result<(), Miss> {
        let spec = lease.spec.as_ref();
        let holder = spec.and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default();
        if holder.is_empty() || holder == self.params.candidate {
            return Ok(());
        }
        let version = lease.metadata.resource_version.clone();
        let since = match &self.observed {
            Some((seen, since)) if *seen == version => *since,
            Some(_) | None => {
                let now = Instant::now();
                self.observed = Some((version, now));
                now
            }
        };
        let seconds = spec.and_then(|spec| spec.lease_duration_seconds).and_then(|s| u64::try_from(s).ok());
        let duration = seconds.map_or(self.params.duration, Duration::from_secs);
        if since.elapsed() >= duration { Ok(()) } else { Err(Miss::Held(holder.to_owned())) }
    }

    /// The lease with our name in it. What was read goes back with its resource version, so that a write in
    /// between makes ours fail.
    fn claim(&self, read: Option<Lease>) -> Lease {
        let mut lease = read.unwrap_or_else(|| Lease {
            metadata: ObjectMeta { name: Some(self.params.lease.clone()), ..ObjectMeta::default() },
            spec: None,
        });
        let now = MicroTime(Timestamp::now());
        let before = lease.spec.take().unwrap_or_default();
        let is_ours = before.holder_identity.as_ref() == Some(&self.params.candidate);
        lease.spec = Some(LeaseSpec {
            holder_identity: Some(self.params.candidate.clone()),
            lease_duration_seconds: i32::try_from(whole_seconds(self.params.duration)).ok(),
            acquire_time: if is_ours { before.acquire_time } else { Some(now.clone()) },
            renew_time: Some(now),
            lease_transitions: Some(before.lease_transitions.unwrap_or(0) + i32::from(!is_ours)),
            ..before
        });
        lease
    }
}

/// A Lease has no fractions: others take it after that time, and no sooner.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::Relaxed;

    use http::{Request, Response, StatusCode};
    use kube::client::Body;
    use tower::service_fn;

    use super::*;

    /// A candidate whose first request is answered at once and each other one with 500, after this time.
    fn candidate(answer_after: Duration, params: LeaseParams) -> Candidate {
        let requests = Arc::new(AtomicUsize::new(0));
        let service = service_fn(move |_: Request<Body>| {
            let is_first = requests.fetch_add(1, Relaxed) == 0;
            async move {
                tokio::time::sleep(if is_first { Duration::ZERO } else { answer_after }).await;
                let refusal = Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR);
                Ok::<_, std::io::Error>(refusal.body(Body::empty()).unwrap())
            }
        });
        Candidate::new(Client::new(service, "default"), params)
    }

    fn params(duration: Duration, deadline: u64, retry: u64) -> LeaseParams {
        LeaseParams {
            lease: "saewatch".into(),
            namespace: "default".into(),
            candidate: "a".into(),
            duration,
            renew_deadline: Duration::from_secs(deadline),
            retry_period: Duration::from_secs(retry),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_leader_that_cannot_renew_stops_at_its_deadline() {
        let mut candidate = candidate(Duration::from_secs(14), params(Duration::from_mins(1), 55, 20));
        let since = Instant::now();
        candidate.renew().await;
        assert_eq!(since.elapsed().as_secs(), 55);
    }

    #[tokio::test]
    async fn a_lease_is_never_published_as_shorter_than_it_is() {
        let lease = candidate(Duration::ZERO, params(Duration::from_millis(1900), 1, 1)).claim(None);
        assert_eq!(lease.spec.and_then(|spec| spec.lease_duration_seconds), Some(2));
    }
}
