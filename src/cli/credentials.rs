//! Following the credentials: who gives them, what was tried, and when their files change.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::poll::Polls;
use crate::sae::{Credentials, Report};

/// How often the credentials are looked at. The kubelet itself takes up to a minute to bring a changed Secret into a
/// pod.
const PERIOD: Duration = Duration::from_secs(5);

/// Logs who gives the keys, or what was tried, whenever that changes. Tells the polls when a file of credentials
/// changes, so that rejected keys are not waited out for ten minutes.
pub(super) async fn follow_credentials(credentials: Credentials, polls: Polls, stop: CancellationToken) {
    let mut files = credentials.fingerprint();
    let mut said = String::new();
    while stop.run_until_cancelled(tokio::time::sleep(PERIOD)).await.is_some() {
        let report = credentials.report();
        let told = describe(&report);
        if told != said {
            if report.failure.is_some() {
                tracing::warn!(credentials = told, "no credentials");
            } else {
                tracing::info!(credentials = told, "credentials");
            }
            said = told;
        }
        let current = credentials.fingerprint();
        if current != files {
            tracing::info!("the files of credentials changed");
            files = current;
            polls.credentials_changed();
        }
    }
}

/// Who gives the keys and who was passed over, in words without any key.
fn describe(report: &Report) -> String {
    let Report { provider, origin, expires: _, tries, failure } = report;
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
