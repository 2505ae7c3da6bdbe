//! `check --watch`: looks again and again, by the operator's own scheduler, so that the account's quota holds here too.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::finding::{Finding, find};
use super::print::Printer;
use crate::api::{Health, NEVER_OBSERVED, SaeAppWatch};
use crate::cli::credentials::follow_credentials;
use crate::cli::stdout::{self, Reader};
use crate::domain::{Attempt, Settings, Target};
use crate::poll::{self, Attention, Polls, Want, WatchId};
use crate::sae::Client;

/// Puts the cursor at the top and clears what is below it.
const CLEAR: &str = "\u{1b}[H\u{1b}[J";

/// One watch that is looked at again and again.
struct Watched<'a> {
    id: WatchId,
    watch: &'a SaeAppWatch,
    finding: Finding,
    /// How often it was asked for. Each time is a request of its own, which the scheduler serves as soon as the pace
    /// allows.
    requests: u64,
}

/// Looks until `stop` is cancelled or nobody reads any more; what was found last.
pub(super) async fn look_again(
    client: Client,
    watches: &[SaeAppWatch],
    settings: &Settings,
    calls_per_minute: u32,
    printer: &Printer,
    stop: CancellationToken,
) -> anyhow::Result<Vec<Finding>> {
    let credentials = client.credentials().clone();
    let (polls, mut news) =
        poll::start(Arc::new(client), poll::Settings::new(calls_per_minute), stop.clone());
    tokio::spawn(follow_credentials(credentials, polls.clone(), stop.clone()));
    let mut watched: Vec<Watched> =
        watches.iter().enumerate().map(|(number, watch)| Watched::new(number, watch, settings)).collect();
    // No faster than the pace, whatever the answers are: a refusal may come without a call.
    let mut pace = tokio::time::interval(Duration::from_mins(1) / calls_per_minute);
    loop {
        let is_news = tokio::select! {
            () = stop.cancelled() => break,
            _ = pace.tick() => {
                watched.iter_mut().for_each(|one| one.ask(&polls, settings));
                false
            }
            id = news.recv() => watched.iter_mut().any(|one| Some(&one.id) == id.as_ref() && one.hear(&polls, settings)),
        };
        if is_news && show(&watched, printer)? == Reader::Gone {
            break;
        }
    }
    stop.cancel();
    Ok(watched.into_iter().map(|one| one.finding).collect())
}

/// Prints what is known; on a terminal over what was printed before.
fn show(watched: &[Watched<'_>], printer: &Printer) -> anyhow::Result<Reader> {
    let findings: Vec<Finding> = watched.iter().map(|one| one.finding.clone()).collect();
    if std::io::stdout().is_terminal() && stdout::print_raw(CLEAR)? == Reader::Gone {
        return Ok(Reader::Gone);
    }
    Ok(stdout::print(&printer.render_again(&findings)?)?)
}

impl<'a> Watched<'a> {
    fn new(number: usize, watch: &'a SaeAppWatch, settings: &Settings) -> Self {
        let id = WatchId { namespace: "".into(), name: number.to_string().into() };
        Self { id, watch, finding: find(watch, None, settings), requests: 0 }
    }

    /// Asks for a look, once the last one is over.
    fn ask(&mut self, polls: &Polls, settings: &Settings) {
        let served = polls.newest(&self.id).and_then(|seen| seen.pace.token_served);
        if self.requests > 0 && served != Some(self.requests.to_string()) {
            return;
        }
        let Some(target) = Target::of(&self.watch.spec, settings.default_region.as_ref()) else { return };
        self.requests += 1;
        let want = Want {
            target: Arc::new(target),
            interval: self.watch.spec.interval.value(),
            timeout: self.watch.spec.timeout.value(),
            generation: 1,
            observed_generation: NEVER_OBSERVED,
            request: Some(self.requests.to_string()),
            fresh_since: None,
            attention: Attention { health: Health::Unknown, changed_at: None },
            confirm: false,
        };
        polls.want(&self.id, want);
    }

    /// Takes in what became of the last look; whether that is anything new.
    fn hear(&mut self, polls: &Polls, settings: &Settings) -> bool {
        let Some(seen) = polls.newest(&self.id) else { return false };
        let answer = match (&seen.observation, &seen.pace.last) {
            (Some(observation), _) => Ok(observation.as_ref().clone()),
            (None, Some(Attempt::Failed(failure))) => Err(failure.clone()),
            (None, Some(Attempt::Observed) | None) => return false,
        };
        polls.rendered(&self.id, &seen);
        self.finding = find(self.watch, Some(answer), settings);
        true
    }
}
