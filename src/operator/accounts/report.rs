//! When the status of each account is decided on, and what becomes of it.

use futures::FutureExt;
use tokio::time::Instant;

use super::controller::Controller;
use super::managed::Managed;
use crate::api::{AccountName, RegionStatus, SaeAccount};
use crate::domain::account::{AccountInput, Usage, decide_account};
use crate::domain::text::count;
use crate::operator::report::{Report, Reported};

impl Controller {
    /// Decides on the accounts that are due, and starts their writes.
    pub(super) fn report_due(&mut self) {
        let now = Instant::now();
        let due = |account: &Managed| account.storing.next().is_some_and(|due| due <= now);
        let names: Vec<_> =
            self.accounts.iter().filter(|(_, account)| due(account)).map(|(name, _)| name.clone()).collect();
        for name in names {
            self.report(&name);
        }
    }

    fn report(&mut self, name: &AccountName) {
        let usage = self.usage(name);
        let now = self.context.now();
        let Some(account) = self.accounts.get_mut(name) else { return };
        let last = account.object.read_status();
        account.note_ready(&last);
        let decision = decide_account(&AccountInput {
            generation: account.generation,
            uid: account.object.uid(),
            last: &last,
            state: &account.state,
            was_false: account.was_false,
            usage: &usage,
            usage_written: account.storing.written,
            known_since: account.known_since,
            pending_since: account.pending_since,
            now,
        });
        account.storing.due = Instant::now() + decision.wake.unsigned_abs();
        let was_tried = |wanted: &_| account.storing.was_tried(wanted, &account.object.status);
        if let Some(status) = decision.write.filter(|wanted| !was_tried(wanted)) {
            account.storing.begin();
            let report = Report {
                object: account.object.clone(),
                status,
                event: decision.event,
                has_rest: decision.has_usage,
                failures: account.storing.failures,
                now,
            };
            let crd = self.context.metrics.account_crd.clone();
            self.writes.push(report.write(self.context.clone(), crd).boxed());
        }
    }

    fn usage(&self, name: &AccountName) -> Usage {
        let is_allowed = |namespace: &str| self.context.accounts.allows(name, namespace);
        let mut usage = self.context.watches.usage(name, is_allowed);
        if let Some(serving) = self.accounts.get(name).and_then(|account| account.serving.as_ref()) {
            let polls = serving.polls();
            let regions = polls.regions(name).into_iter().map(|region| RegionStatus {
                id: region.region,
                watched: count(region.watched),
                applications: region.applications.map(count),
            });
            usage.schedule(polls.wanted(name), polls.stats().budget, regions.collect());
        }
        usage
    }

    pub(super) fn note_report(&mut self, reported: Reported<SaeAccount>) {
        let object = &reported.report.object;
        let Some(name) = object.name() else { return };
        // A namesake that was created meanwhile has writes of its own.
        let account = self.accounts.get_mut(&name).filter(|account| account.object.uid() == object.uid());
        let Some(account) = account else { return };
        if let Some(stored) = account.storing.note(reported, &account.object) {
            account.update(stored);
        }
    }
}
