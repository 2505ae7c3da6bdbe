//! Following the credentials: who gives them, what was tried, and when their files change.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::poll::Polls;
use crate::sae::{Credentials, Report};

/// How often the credentials are read. The kubelet itself takes up to a minute to bring a changed Secret into a
/// pod.
const PERIOD: Duration = Duration::from_secs(5);

/// Logs who gives the keys, or what was tried, whenever that changes. Notifies the polls when a file of credentials
/// changes, so that rejected keys are not waited out for ten minutes.
pub(super) async fn follow_credentials(credentials: Credentials, polls: Polls, stop: CancellationToken) {
    let mut files = credentials.fingerprint();
    let mut reported = String::new();
    while stop.run_until_cancelled(tokio::time::sleep(PERIOD)).await.is_some() {
        let report = credentials.report();
        let current = describe(&report);
        if current != reported {
            if report.failure.is_some() {
                tracing::warn!(credentials = current, "no credentials");
            } else {
                tracing::info!(credentials = current, "credentials");
            }
            reported = current;
        }
        let changed = credentials.fingerprint();
        if changed != files {
            tracing::info!("the files of credentials changed");
            files = changed;
            polls.credentials_changed();
        }
    }
}

/// Who gives the keys and who was passed over, in words without any key.
fn describe(report: &Report) -> String {
    let Report { provider, origin, expires: _, source: _, tries, failure } = report;
    let given = match (provider, origin) {
        (Some(provider), Some(origin)) => format!("{provider}: {origin}"),
        (Some(provider), None) => provider.to_string(),
        (None, _) => String::new(),
    };
    let failed = failure.iter().map(ToString::to_string);
    let passed = tries.iter().map(|one| format!("{}: {}", one.provider, one.why));
    let parts: Vec<String> =
        Some(given).filter(|given| !given.is_empty()).into_iter().chain(failed).chain(passed).collect();
    parts.join("; ")
}
