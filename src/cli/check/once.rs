//! A single poll for each watch. It is not paced; watches on the same target share one.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use terminal_size::{Width, terminal_size_of};

use super::finding::{Answer, Finding, ask, find};
use crate::api::SaeAppWatch;
use crate::domain::{Access, Target, TargetRef};
use crate::sae::Client;

/// After how long the terminal shows what is waited for.
const SLOW_AFTER: Duration = Duration::from_secs(1);

/// Checks each watch once.
pub(super) async fn check_once(client: &Client, watches: &[SaeAppWatch], access: &Access) -> Vec<Finding> {
    let mut answers: BTreeMap<Arc<Target>, Answer> = BTreeMap::new();
    let mut findings = Vec::with_capacity(watches.len());
    for watch in watches {
        let answer = match TargetRef::new(&watch.spec, None, access).and_then(|wanted| wanted.target(None)) {
            Some(target) => {
                if !answers.contains_key(&target) {
                    let waiting = format!("asking SAE in {} about {} …", target.region, target.app);
                    let answer = show_if_slow(&waiting, ask(client, watch, &target)).await;
                    answers.insert(target.clone(), answer);
                }
                answers.get(&target).cloned()
            }
            None => None,
        };
        findings.push(find(watch, watch.status.as_ref(), answer, access));
    }
    findings
}

/// Shows on a terminal what is waited for, if it takes long, and clears that again.
pub(super) async fn show_if_slow<T>(waiting: &str, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(SLOW_AFTER) => {}
    }
    let mut terminal = Some(std::io::stderr()).filter(std::io::Stderr::is_terminal);
    let mut show = |text: &str| {
        if let Some(terminal) = &mut terminal {
            // Only one row can be taken away again.
            let columns =
                terminal_size_of(&*terminal).map_or(usize::MAX, |(Width(columns), _)| columns.into());
            let text: String = text.chars().take(columns.saturating_sub(1)).collect();
            let _ = write!(terminal, "{text}").and_then(|()| terminal.flush());
        }
    };
    show(waiting);
    let done = work.await;
    show("\r\u{1b}[K");
    done
}
