//! The pages over HTTP: `/metrics`, `/healthz` and `/readyz`.

use std::iter;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use futures::stream;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::exposition::Exposition;
use super::format::Format;
use super::metrics::Metrics;
use super::readiness::Readiness;
use super::watchdog::Liveness;

/// What the pages show.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    /// `/metrics`.
    pub exposition: Exposition,
    /// `/healthz`.
    pub liveness: Liveness,
    /// `/readyz`.
    pub readiness: Readiness,
    /// What `/readyz` says beside it.
    pub metrics: Metrics,
}

/// Serves the pages until `stop` is cancelled.
///
/// # Errors
/// When the listener fails.
pub(crate) async fn serve(
    listener: TcpListener,
    pages: Pages,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/metrics", get(async |State(pages): State<Pages>, head: HeaderMap| pages.metrics(&head)))
        .route("/healthz", get(async |State(pages): State<Pages>| pages.healthz()))
        .route("/readyz", get(async |State(pages): State<Pages>| pages.readyz()))
        .with_state(pages);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

impl Pages {
    fn metrics(&self, head: &HeaderMap) -> impl IntoResponse + use<> {
        let accepted = head.get_all(ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
        let format = Format::negotiate(&accepted.collect::<Vec<_>>().join(","));
        let text = Body::from_stream(stream::iter(self.exposition.pieces(format)));
        ([(CONTENT_TYPE, format.content_type())], text)
    }

    fn healthz(&self) -> (StatusCode, String) {
        match self.liveness.trouble() {
            None => (StatusCode::OK, "alive\n".to_owned()),
            Some(trouble) => (StatusCode::SERVICE_UNAVAILABLE, format!("{trouble}\n")),
        }
    }

    fn readyz(&self) -> (StatusCode, String) {
        let phase = self.readiness.phase();
        let status = if phase.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let said: Vec<String> =
            iter::once(phase.as_str().to_owned()).chain(self.metrics.troubles()).collect();
        (status, format!("{}\n", said.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::readiness::Phase;
    use super::super::watchdog::Watchdog;
    use super::*;
    use std::time::Duration;

    fn pages() -> Pages {
        let metrics = Metrics::default();
        Pages {
            exposition: Exposition::new(&metrics, Vec::new(), true),
            liveness: Liveness::default(),
            readiness: Readiness::default(),
            metrics,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wedged_loop_is_not_alive() {
        let (pages, watchdog) = (pages(), Watchdog::new());
        pages.liveness.follow("the scheduler", &watchdog);
        assert_eq!(pages.healthz(), (StatusCode::OK, "alive\n".into()));
        tokio::time::sleep(Duration::from_secs(70)).await;
        let expected = "the scheduler stopped working 70 s ago\n";
        assert_eq!(pages.healthz(), (StatusCode::SERVICE_UNAVAILABLE, expected.into()));
    }

    #[test]
    fn ready_is_who_has_a_list_or_stands_by() {
        let pages = pages();
        let waiting = "waiting for the first list of watches\n";
        assert_eq!(pages.readyz(), (StatusCode::SERVICE_UNAVAILABLE, waiting.into()));
        pages.readiness.enter(Phase::StandingBy);
        assert_eq!(pages.readyz(), (StatusCode::OK, "standing by for the replica that works\n".into()));
        pages.readiness.reach();
        assert_eq!(pages.readyz(), (StatusCode::OK, "ready\n".into()));
    }

    #[test]
    fn a_refused_namespace_is_said_whether_ready_or_not() {
        let pages = pages();
        pages.metrics.lists.begin(["team-b", "team-gone"]);
        pages.metrics.lists.refuse("team-gone", "forbidden");
        let refused = "the API server refuses the watches of namespace team-gone (forbidden)\n";
        let waiting = format!("waiting for the first list of watches; {refused}");
        assert_eq!(pages.readyz(), (StatusCode::SERVICE_UNAVAILABLE, waiting));
        pages.readiness.reach();
        assert_eq!(pages.readyz(), (StatusCode::OK, format!("ready; {refused}")));
    }

    #[test]
    fn accounts_and_sets_that_cannot_be_listed_are_said() {
        let pages = pages();
        pages.readiness.reach();
        pages.metrics.accounts.list(Err("the operator may not list SaeAccounts".to_owned()));
        pages.metrics.sets.list("team-a", Ok(()));
        pages.metrics.sets.list("team-b", Err("the operator may not list SaeAppWatchSets".to_owned()));
        let said = "ready; SaeAccounts are not used: the operator may not list SaeAccounts; \
                    SaeAppWatchSets of namespace team-b are not used: the operator may not list SaeAppWatchSets\n";
        assert_eq!(pages.readyz(), (StatusCode::OK, said.into()));
        pages.metrics.accounts.list(Ok(()));
        pages.metrics.sets.list("team-b", Ok(()));
        assert_eq!(pages.readyz(), (StatusCode::OK, "ready\n".into()));
    }

    #[test]
    fn a_crd_that_does_not_fit_is_said_whether_ready_or_not() {
        let pages = pages();
        pages.metrics.crd.miss();
        let (status, said) = pages.readyz();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(
            said.starts_with("waiting for the first list of watches; the API server does not know"),
            "{said}"
        );
        pages.metrics.crd.find();
        pages.readiness.reach();
        pages.metrics.crd.refuse(["status.memory.notified".to_owned()].into());
        let (status, said) = pages.readyz();
        assert_eq!(status, StatusCode::OK);
        assert!(said.starts_with("ready; the CustomResourceDefinition of saeappwatches is older"), "{said}");
    }
}
