//! `check --watch`: checks until it is stopped, by the operator's own scheduler, so that the account's quota holds here too.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use futures::future::OptionFuture;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::finding::{Answer, Finding, find};
use super::print::Printer;
use super::screen::Screen;
use crate::api::{Diagnosis, Health, NEVER_OBSERVED, SaeAppWatch, SaeAppWatchStatus};
use crate::cli::cluster_watch::ClusterWatch;
use crate::cli::credentials::follow_credentials;
use crate::cli::stderr;
use crate::cli::stdout::{self, Reader};
use crate::domain::diagnosis::{Mark, bad_since, diagnosed_at, unexplained_since};
use crate::domain::{Access, Attempt, Identity, TargetRef};
use crate::poll::{self, Attention, Polls, Subscription, WatchId};
use crate::sae::Client;

/// How watches are checked repeatedly.
pub(super) struct Repeat {
    /// The watch in a cluster, if it is in one.
    pub(super) stored: Option<ClusterWatch>,
    pub(super) access: Access,
    pub(super) calls_per_minute: u32,
    pub(super) printer: Printer,
}

/// One watch that is checked repeatedly.
struct Watched {
    id: WatchId,
    watch: SaeAppWatch,
    finding: Finding,
    /// What the last good response made of it; a poll that fails takes nothing from it.
    known: Option<SaeAppWatchStatus>,
    /// Since when a person wants to know.
    began: Timestamp,
    /// How often a poll was requested. Each time is a request of its own, which the scheduler serves as soon as the pace
    /// allows.
    requests: u64,
}

/// What became of a poll.
struct News {
    answer: Answer,
    /// Of which application.
    identity: Identity,
    /// What SAE says happened, once it was asked.
    diagnosis: Option<Arc<Diagnosis>>,
}

impl Repeat {
    /// Checks until `stop` is cancelled or the output is closed; returns what was found last.
    pub(super) async fn run(
        &self,
        client: Client,
        watches: Vec<SaeAppWatch>,
        stop: CancellationToken,
    ) -> anyhow::Result<Vec<Finding>> {
        let credentials = client.credentials().clone();
        let (sender, mut news) = poll::news();
        let settings = poll::Settings::new(self.calls_per_minute);
        let polls = poll::start(Arc::new(client), settings, sender, stop.clone());
        tokio::spawn(follow_credentials(credentials, polls.clone(), stop.clone()));
        let numbered = watches.into_iter().enumerate();
        let mut watched: Vec<Watched> =
            numbered.map(|(number, watch)| Watched::new(number, watch, &self.access)).collect();
        // A terminal shows at once what is waited for; elsewhere only what no answer will ever change is worth a line.
        if std::io::stdout().is_terminal() || watched.iter().any(|one| one.target(&self.access).is_none()) {
            self.show(&watched)?;
        }
        // No faster than the pace, whatever the answers are: a refusal may come without a call.
        let mut pace = tokio::time::interval(Duration::from_mins(1) / self.calls_per_minute);
        loop {
            let news = tokio::select! {
                () = stop.cancelled() => break,
                id = news.recv() => id,
                _ = pace.tick() => {
                    for one in &mut watched {
                        one.request(&polls, &self.access, self.printer.columns.explain);
                    }
                    continue;
                }
            };
            let Some(one) = watched.iter_mut().find(|one| Some(&one.id) == news.as_ref()) else { continue };
            if let Some(News { answer, identity, diagnosis }) = one.receive(&polls) {
                let before = one.finding.diagnosis.take();
                self.update(one, answer, &identity).await;
                one.finding.diagnosis = shown(diagnosis.or(before), one.finding.watch.status.as_ref());
                let errors = self.printer.errors(std::slice::from_ref(&one.finding));
                if self.show(&watched)? == Reader::Gone {
                    break;
                }
                errors.iter().for_each(stderr::print_error);
            }
        }
        stop.cancel();
        Ok(watched.into_iter().map(|one| one.finding).collect())
    }

    /// Judges an answer, beside what stands in the cluster by now.
    async fn update(&self, one: &mut Watched, answer: Answer, identity: &Identity) {
        // A cluster that does not say leaves what it said before.
        if let Some(Ok(stored)) = OptionFuture::from(self.stored.as_ref().map(ClusterWatch::read)).await {
            one.watch = stored;
        }
        // The operator goes by what stands in the cluster, once that says anything.
        let stored = one.watch.status.as_ref().filter(|stored| stored.observed_at.is_some());
        let is_good = answer.is_ok();
        let before = stored.or(one.known.as_ref());
        one.finding = find(&one.watch, before, Some(answer), identity, &self.access);
        if is_good {
            one.known.clone_from(&one.finding.watch.status);
        }
    }

    /// Prints what is known; on a terminal over what was printed before.
    fn show(&self, watched: &[Watched]) -> anyhow::Result<Reader> {
        let findings: Vec<Finding> = watched.iter().map(|one| one.finding.clone()).collect();
        let text = self.printer.render_again(&findings)?;
        Ok(match Screen::stdout() {
            Some(screen) => stdout::print_over(&screen.fit(&text))?,
            None => stdout::print(&text)?,
        })
    }
}

impl Watched {
    fn new(number: usize, watch: SaeAppWatch, access: &Access) -> Self {
        let id = WatchId { namespace: "".into(), name: number.to_string().into() };
        let finding = find(&watch, None, None, &Identity::default(), access);
        Self { id, watch, finding, known: None, began: Timestamp::now(), requests: 0 }
    }

    /// What is asked about; `None` without a region.
    fn target(&self, access: &Access) -> Option<TargetRef> {
        TargetRef::new(&self.watch.spec, self.watch.status.as_ref(), access)
    }

    /// Requests a poll, once the last one is over; with `explain` also what happened, while the application is unwell.
    fn request(&mut self, polls: &Polls, access: &Access, explain: bool) {
        let served = polls.latest(&self.id).and_then(|seen| seen.pace.token_served);
        if self.requests > 0 && served != Some(self.requests.to_string()) {
            return;
        }
        let Some(target) = self.target(access) else { return };
        self.requests += 1;
        let status = self.finding.watch.status.as_ref().filter(|_| explain);
        let known = self.finding.diagnosis.as_deref().map(Mark::from);
        let want = Subscription {
            object: 0,
            target,
            namespace: status.and_then(|status| status.namespace_id.clone()),
            interval: self.watch.spec.interval.value(),
            timeout: self.watch.spec.timeout.value(),
            generation: 1,
            observed_generation: NEVER_OBSERVED,
            request: Some(self.requests.to_string()),
            fresh_since: None,
            attention: Attention { health: Health::Unknown, changed_at: None },
            confirm: false,
            of_set: false,
            diagnosis: status.and_then(|status| asked_since(status, known.as_ref(), self.began)),
            diagnosed_at: known.and_then(|known| diagnosed_at(&known, Timestamp::now())),
        };
        polls.subscribe(&self.id, want);
    }

    /// What became of the last poll; `None` if that is nothing new.
    fn receive(&self, polls: &Polls) -> Option<News> {
        let seen = polls.latest(&self.id)?;
        polls.acknowledge(&self.id, &seen);
        let answer = match (seen.observation, seen.pace.last) {
            (Some(observation), _) => Ok(Arc::unwrap_or_clone(observation)),
            (None, Some(Attempt::Failed(failure))) => Err(failure),
            (None, Some(Attempt::Observed) | None) => return None,
        };
        Some(News { answer, identity: seen.identity, diagnosis: seen.diagnosis })
    }
}

/// Since when SAE is to be asked for. The polls do not ask about what became bad long ago; a person asks now.
fn asked_since(status: &SaeAppWatchStatus, known: Option<&Mark>, began: Timestamp) -> Option<Timestamp> {
    unexplained_since(status, known, Timestamp::now()).map(|since| since.max(began))
}

/// What SAE said happened, as long as the application is unwell. The polls forget it after ten minutes.
fn shown(said: Option<Arc<Diagnosis>>, status: Option<&SaeAppWatchStatus>) -> Option<Arc<Diagnosis>> {
    said.filter(|_| status.is_some_and(|status| bad_since(status).is_some()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_sae_said_stays_on_the_screen_while_the_application_is_unwell() {
        let time = "2026-11-30T10:00:00Z";
        let said: Arc<Diagnosis> =
            Arc::new(serde_json::from_value(json!({"at": time, "since": time})).unwrap());
        for (outcome, is_shown) in [("bad", true), ("good", false)] {
            let status = json!({"memory": {"verdict": {"outcome": outcome, "since": time}}});
            let status: SaeAppWatchStatus = serde_json::from_value(status).unwrap();
            assert_eq!(shown(Some(said.clone()), Some(&status)).is_some(), is_shown, "{outcome}");
            let began = "2026-11-30T12:00:00Z".parse().unwrap();
            let unasked = asked_since(&status, None, began);
            assert_eq!(unasked, is_shown.then_some(began), "of the time before, as of when a person asks");
            let answered = Mark { since: began, ..Mark::from(&*said) };
            let again = asked_since(&status, Some(&answered), began);
            assert_eq!(again, None, "what is shown is not asked for again");
        }
    }
}
