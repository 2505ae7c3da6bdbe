//! Follows the accounts, and keeps what their watches need to know of them up to date.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::sync::Arc;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, FuturesUnordered};
use kube::core::Selector;
use kube::runtime::watcher;
use kube::{Api, Resource};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::managed::Managed;
use super::object::AccountObject;
use super::verifier::{Answer, Verifier};
use crate::api::{AccountName, SaeAccount};
use crate::domain::account::Verification;
use crate::operator::context::Context;
use crate::operator::follow::{follow, unavailable};
use crate::operator::outage::Outage;
use crate::operator::report::Reported;
use crate::operator::storing::wait_until;
use crate::poll::{NewsSender, PollMetrics, WatchId};
use crate::sae::Client;
use crate::telemetry::{Liveness, Readiness};

/// How the operator uses accounts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether a watch must name one.
    pub is_required: bool,
    /// Only those with these labels.
    pub label_selector: Option<Selector>,
    /// The budget of an account that names none, and of the operator's own keys.
    pub calls_per_minute: u32,
    /// Asks with the operator's own keys.
    pub client: Client,
    /// Shows the scheduler of each account.
    pub metrics: PollMetrics,
    /// Follows the scheduler of each account.
    pub(crate) liveness: Liveness,
}

/// The accounts, and what is known of each.
pub(crate) struct Controller {
    pub(super) settings: Settings,
    pub(super) context: Arc<Context>,
    pub(super) news: NewsSender,
    readiness: Readiness,
    pub(super) accounts: BTreeMap<AccountName, Managed>,
    /// The names of the list that is just coming in; `None` between lists.
    listed: Option<Vec<AccountName>>,
    outage: Outage,
    /// What STS has said of the operator's own keys, and who asks it.
    pub(super) own: Verification,
    pub(super) own_verifier: Option<Verifier>,
    /// The files of credentials, while there are accounts.
    pub(super) files: Option<watch::Receiver<u64>>,
    pub(super) answers: (mpsc::UnboundedSender<Answer>, mpsc::UnboundedReceiver<Answer>),
    /// The number of the newest verifier.
    pub(super) number: u64,
    pub(super) writes: FuturesUnordered<BoxFuture<'static, Reported<SaeAccount>>>,
    pub(super) stop: CancellationToken,
}

impl Controller {
    pub(crate) fn new(
        settings: Settings,
        context: Arc<Context>,
        news: NewsSender,
        readiness: Readiness,
        stop: CancellationToken,
    ) -> Self {
        // What a former time as leader required of the own keys holds no more.
        settings.client.credentials().require_owner(None);
        Self {
            settings,
            context,
            news,
            readiness,
            accounts: BTreeMap::new(),
            listed: None,
            outage: Outage::default(),
            own: Verification::Pending,
            own_verifier: None,
            files: None,
            answers: mpsc::unbounded_channel(),
            number: 0,
            writes: FuturesUnordered::new(),
            stop,
        }
    }

    /// Works until it is stopped, then lets writes under way finish.
    pub(crate) async fn run(mut self) {
        let stop = self.stop.clone();
        let mut events = self.events();
        let mut stopped = std::pin::pin!(stop.cancelled());
        loop {
            self.report_due();
            let due = self.accounts.values().filter_map(|one| one.storing.next()).min();
            tokio::select! {
                // In this order, so that the same world always goes the same way.
                biased;
                () = &mut stopped => break,
                Some(reported) = self.writes.next() => self.note_report(reported),
                Some(event) = events.next() => self.take(event),
                Some(answer) = self.answers.1.recv() => self.note_answer(answer),
                () = wait_until(due) => {}
            }
        }
        while self.writes.next().await.is_some() {}
    }

    fn events(&self) -> BoxStream<'static, Result<watcher::Event<AccountObject>, watcher::Error>> {
        let api: Api<AccountObject> = Api::all(self.context.client.clone());
        follow(api, self.settings.label_selector.as_ref()).boxed()
    }

    /// Takes in what the watch stream brought.
    pub(super) fn take(&mut self, event: Result<watcher::Event<AccountObject>, watcher::Error>) {
        if let Some(report) = self.outage.note(&event) {
            report.log(&AccountObject::plural(&()), None);
        }
        match event {
            Ok(watcher::Event::Init) => self.listed = Some(Vec::new()),
            Ok(watcher::Event::InitApply(object)) => {
                if let (Some(listed), Some(name)) = (&mut self.listed, object.name()) {
                    listed.push(name);
                }
                self.put(object);
            }
            Ok(watcher::Event::InitDone) => {
                let listed = self.listed.take().unwrap_or_default();
                let gone: Vec<_> =
                    self.accounts.keys().filter(|name| !listed.contains(name)).cloned().collect();
                for name in gone {
                    self.remove(&name);
                }
                self.update();
                self.settle(None);
            }
            Ok(watcher::Event::Apply(object)) => {
                self.put(object);
                self.update();
            }
            Ok(watcher::Event::Delete(object)) => {
                if let Some(name) = object.name() {
                    self.remove(&name);
                    self.update();
                }
            }
            Err(error) => {
                if let Some(why) = unavailable(&error, "SaeAccounts") {
                    self.settle(Some(why));
                }
            }
        }
    }

    /// It is known which accounts there are, or why that will not be known.
    fn settle(&mut self, unavailable: Option<String>) {
        self.context.metrics.accounts.list(unavailable.clone().map_or(Ok(()), Err));
        if self.context.accounts.settle(unavailable) {
            self.context.watches.of_account(None).into_iter().for_each(|id| notify(&self.news, id));
            self.context.note_accounts();
        }
        self.context.metrics.lists.settle_accounts();
        if self.context.metrics.lists.are_settled() {
            self.readiness.reach();
        }
    }

    fn put(&mut self, object: AccountObject) {
        let Some(name) = object.name() else { return };
        match self.accounts.entry(name) {
            Slot::Occupied(known) if known.get().object.uid() == object.uid() => {
                known.into_mut().update(Arc::new(object));
            }
            Slot::Occupied(mut namesake) => {
                self.settings.metrics.hide(Some(namesake.key()));
                namesake.insert(Managed::new(object, self.context.now()));
            }
            Slot::Vacant(slot) => {
                slot.insert(Managed::new(object, self.context.now()));
            }
        }
    }

    fn remove(&mut self, name: &AccountName) {
        if self.accounts.remove(name).is_none() {
            return;
        }
        self.context.accounts.remove(name);
        self.context.metrics.accounts.forget(name);
        self.settings.metrics.hide(Some(name));
        self.notify_watches(name);
    }

    /// What STS said.
    pub(super) fn note_answer(&mut self, answer: Answer) {
        let is_news = match &answer.whose {
            None if self.own_verifier.as_ref().is_some_and(|one| one.number == answer.number) => {
                let known = self.own.then(answer.newest);
                std::mem::replace(&mut self.own, known.clone()) != known
            }
            None => false,
            Some(name) => self.accounts.get_mut(name).is_some_and(|account| account.note_answer(answer)),
        };
        if is_news {
            self.update();
        }
    }
}

/// Has a watch reconciled.
pub(super) fn notify(news: &NewsSender, id: WatchId) {
    // The receiver is gone only when the operator is stopping.
    let _ = news.send(id);
}
