//! Follows the accounts, and keeps what their watches need to know of them up to date.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{BoxStream, FuturesUnordered};
use futures::{FutureExt, StreamExt};
use kube::Api;
use kube::runtime::{WatchStreamExt, watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::directory::Entry;
use super::managed::{Keys, Managed};
use super::object::AccountObject;
use super::report::{Outcome, Reported, Reporter};
use super::serving::Serving;
use super::verifier::{Answer, Verifier};
use crate::api::{AccountId, AccountName, RegionStatus};
use crate::domain::Account;
use crate::domain::account::{
    AccountInput, AccountState, Claim, OwnKeys, Usage, Verification, decide_account,
};
use crate::operator::context::Context;
use crate::operator::follow::{answer, follow};
use crate::operator::outage::{Outage, Report};
use crate::poll::{NewsSender, PollMetrics};
use crate::sae::{Client, KeySource};
use crate::telemetry::{Liveness, Readiness};

/// After how many seconds without an event a watch stream is taken for dead. Bookmarks come about once a minute.
const WATCH_TIMEOUT_SECS: u32 = 120;
/// The longest pause between tries after failures of Kubernetes.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// How the operator uses accounts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether a watch must name one.
    pub is_required: bool,
    /// Only those with these labels.
    pub label_selector: Option<String>,
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
    settings: Settings,
    context: Arc<Context>,
    news: NewsSender,
    readiness: Readiness,
    reporter: Reporter,
    accounts: BTreeMap<AccountName, Managed>,
    /// The names of the list that is just coming in; `None` between lists.
    listed: Option<Vec<AccountName>>,
    outage: Outage,
    /// What STS has said of the operator's own keys, and who asks it.
    own: Verification,
    own_verifier: Option<Verifier>,
    answers: (mpsc::UnboundedSender<Answer>, mpsc::UnboundedReceiver<Answer>),
    /// The number of the newest verifier.
    number: u64,
    writes: FuturesUnordered<BoxFuture<'static, Reported>>,
    stop: CancellationToken,
}

impl Controller {
    pub(crate) fn new(
        settings: Settings,
        context: Arc<Context>,
        news: NewsSender,
        readiness: Readiness,
        stop: CancellationToken,
    ) -> Self {
        let reporter = Reporter {
            client: context.client.clone(),
            events: context.events.clone(),
            crd: context.metrics.account_crd.clone(),
        };
        Self {
            settings,
            context,
            news,
            readiness,
            reporter,
            accounts: BTreeMap::new(),
            listed: None,
            outage: Outage::default(),
            own: Verification::Pending,
            own_verifier: None,
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
            let due = self.accounts.values().filter(|one| !one.is_writing).map(|one| one.due).min();
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
        let mut config = watcher::Config::default().timeout(WATCH_TIMEOUT_SECS);
        if let Some(selector) = &self.settings.label_selector {
            config = config.labels(selector);
        }
        follow(api, config).default_backoff().boxed()
    }

    /// Takes in what the watch stream brought.
    fn take(&mut self, event: Result<watcher::Event<AccountObject>, watcher::Error>) {
        self.note_outage(&event);
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
                if let Some(why) = unavailable(&error) {
                    self.settle(Some(why));
                }
            }
        }
    }

    fn note_outage(&mut self, event: &Result<watcher::Event<AccountObject>, watcher::Error>) {
        match self.outage.note(event) {
            Some(Report::Failing(error)) => {
                tracing::warn!(error, "saeaccounts cannot be listed or watched; trying again");
            }
            Some(Report::Over) => tracing::info!("saeaccounts can be listed and watched again"),
            None => {}
        }
    }

    /// It is known which accounts there are, or why that will not be known.
    fn settle(&mut self, unavailable: Option<String>) {
        self.context.metrics.accounts.list(unavailable.is_none());
        if self.context.accounts.settle(unavailable) {
            self.context.watches.of_account(None).into_iter().for_each(|id| notify(&self.news, id));
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
    fn note_answer(&mut self, answer: Answer) {
        let Answer { whose, number, newest } = answer;
        match &whose {
            None if self.own_verifier.as_ref().is_some_and(|one| one.number == number) => {
                self.own = self.own.then(newest);
            }
            None => return,
            Some(name) => {
                let Some(account) = self.accounts.get_mut(name) else { return };
                if account.keys.as_ref().is_none_or(|keys| keys.verifier.number != number) {
                    return;
                }
                account.verification = account.verification.then(newest);
            }
        }
        self.update();
    }

    /// Brings everything up to date that follows from specs and from what STS has said.
    fn update(&mut self) {
        self.ask_sts();
        let states: Vec<_> =
            self.accounts.iter().map(|(name, account)| (name.clone(), self.state(name, account))).collect();
        for (name, state) in states {
            self.enter(&name, state);
        }
        self.share_own_keys();
    }

    /// Has STS asked about each source of keys, once.
    fn ask_sts(&mut self) {
        let is_own_asked = !self.accounts.is_empty() && !self.settings.is_required;
        if !is_own_asked {
            (self.own, self.own_verifier) = (Verification::Pending, None);
        } else if self.own_verifier.is_none() {
            self.number += 1;
            let credentials = self.settings.client.credentials().clone();
            self.own_verifier = Some(Verifier::start(None, self.number, credentials, self.answers.0.clone()));
        }
        for (name, account) in &mut self.accounts {
            // What STS says of the own keys holds for such an account too, where they are asked about anyway.
            let source = account.key_source().filter(|source| *source != KeySource::Own || !is_own_asked);
            if account.keys.as_ref().map(|keys| &keys.source) == source.as_ref() {
                continue;
            }
            // What was said of the keys before holds on until these are verified, if they were the account's.
            if !account.state.is_verified() {
                account.verification = Verification::Pending;
            }
            let before = account.keys.take();
            account.keys = source.zip(account.id().cloned()).map(|(source, id)| {
                self.number += 1;
                let client = match before {
                    Some(keys) => {
                        keys.client.credentials().use_keys(&source);
                        keys.client
                    }
                    None => Arc::new(self.settings.client.for_account(&source, id)),
                };
                let (credentials, answers) = (client.credentials().clone(), self.answers.0.clone());
                let verifier = Verifier::start(Some(name.clone()), self.number, credentials, answers);
                Keys { source, client, verifier }
            });
        }
    }

    fn state(&self, name: &AccountName, account: &Managed) -> AccountState {
        let spec = match &account.spec {
            Ok(spec) => spec,
            Err(problem) => return AccountState::unreadable(problem),
        };
        let own_keys = if self.settings.is_required { OwnKeys::Unused } else { OwnKeys::Asked(&self.own) };
        let verification = if account.keys.is_some() { &account.verification } else { &self.own };
        AccountState::new(&Claim { spec, elder: self.elder(name, account), own_keys, verification })
    }

    /// The oldest account of the same number, if it is another one.
    fn elder(&self, name: &AccountName, account: &Managed) -> Option<&AccountName> {
        let namesakes = self.accounts.iter().filter(|(_, other)| other.id() == account.id());
        let (elder, _) = namesakes.min_by_key(|(name, other)| other.seniority(name))?;
        (elder != name).then_some(elder)
    }

    /// Puts an account into a state, and tells its watches.
    fn enter(&mut self, name: &AccountName, state: AccountState) {
        let budget = self.budget(name);
        let Some(account) = self.accounts.get_mut(name) else { return };
        if account.state != state {
            account.state = state;
            account.due = Instant::now();
        }
        let state = &account.state;
        if state.is_verified() && account.serving.is_none() {
            account.serving = Some(match &account.keys {
                None => Serving::Own(self.context.own_polls.clone()),
                Some(keys) => {
                    let client = keys.client.clone();
                    let credentials = client.credentials().clone();
                    let serving = Serving::start(
                        name.clone(),
                        client,
                        budget,
                        self.news.clone(),
                        self.stop.child_token(),
                    );
                    self.settings.metrics.show(Some(name), serving.polls(), credentials);
                    self.settings.liveness.follow("the scheduler of an account", serving.polls().watchdog());
                    serving
                }
            });
        }
        if let Some(Serving::Scheduler { polls, .. }) = &account.serving {
            polls.set_budget(budget);
        }
        let entry = match &account.spec {
            Err(_) => Entry::Unreadable,
            Ok(spec) => {
                let is_ready = state.is_verified();
                self.context.metrics.accounts.show(name, &spec.account_id, state.reason(), is_ready);
                Entry::Readable {
                    identity: Arc::new(Account { name: name.clone(), id: spec.account_id.clone() }),
                    namespaces: spec.namespaces.clone(),
                    default_region: spec.region_id.clone(),
                    state: state.clone(),
                    polls: account.serving.as_ref().map(|serving| serving.polls().clone()),
                }
            }
        };
        if self.context.accounts.put(name.clone(), entry) {
            self.notify_watches(name);
        }
    }

    fn budget(&self, name: &AccountName) -> u32 {
        let spec = self.accounts.get(name).and_then(|account| account.spec.as_ref().ok());
        let named = spec.and_then(|spec| spec.calls_per_minute).and_then(|calls| u32::try_from(calls).ok());
        named.unwrap_or(self.settings.calls_per_minute)
    }

    /// While an account has the operator's own keys, they are one scheduler, with the smaller budget, and only keys of that
    /// account ask.
    fn share_own_keys(&self) {
        let shares = |account: &Managed| {
            account.state.is_verified() && matches!(account.serving, Some(Serving::Own(_)))
        };
        let sharing = self.accounts.iter().find(|(_, account)| shares(account));
        let budget = sharing.map_or(u32::MAX, |(name, _)| self.budget(name));
        self.context.own_polls.set_budget(budget.min(self.settings.calls_per_minute));
        let owner: Option<AccountId> = sharing.and_then(|(_, account)| account.id().cloned());
        self.settings.client.credentials().require_owner(owner);
    }

    /// Ends the polls of watches that may not be asked for any more, at once, and has all of them reconciled.
    fn notify_watches(&self, name: &AccountName) {
        for id in self.context.watches.of_account(Some(name)) {
            if !self.context.accounts.grants(name, &id.namespace) {
                self.context.unsubscribe(&id);
            }
            notify(&self.news, id);
        }
    }

    /// Decides on the accounts that are due, and starts their writes.
    fn report_due(&mut self) {
        let now = Instant::now();
        let due = |account: &Managed| account.due <= now && !account.is_writing;
        let names: Vec<_> =
            self.accounts.iter().filter(|(_, account)| due(account)).map(|(name, _)| name.clone()).collect();
        for name in names {
            self.report(name);
        }
    }

    fn report(&mut self, name: AccountName) {
        let usage = self.usage(&name);
        let now = self.context.now();
        let Some(account) = self.accounts.get_mut(&name) else { return };
        let decision = decide_account(&AccountInput {
            generation: account.object.metadata.generation.unwrap_or(0),
            uid: account.object.uid(),
            last: &account.object.read_status(),
            state: &account.state,
            usage: &usage,
            usage_written: account.usage_written,
            known_since: account.known_since,
            now,
        });
        account.due = Instant::now() + decision.wake.unsigned_abs();
        if decision.write.is_some() {
            account.is_writing = true;
            let object = account.object.clone();
            self.writes.push(self.reporter.clone().report(name, object, decision, now).boxed());
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

    fn note_report(&mut self, reported: Reported) {
        let Reported { name, usage_written, outcome } = reported;
        let Some(account) = self.accounts.get_mut(&name) else { return };
        account.is_writing = false;
        match outcome {
            Outcome::Stored(object) => {
                account.failures = 0;
                account.usage_written = usage_written.or(account.usage_written);
                account.update(object);
            }
            Outcome::Overtaken => account.due = Instant::now() + MAX_BACKOFF,
            Outcome::Failed(error) => {
                let pause = Duration::from_secs(1 << account.failures.min(6)).min(MAX_BACKOFF);
                account.failures = account.failures.saturating_add(1);
                account.due = Instant::now() + pause;
                if account.failures == 1 {
                    tracing::warn!(account = %name, error, "the status cannot be written; trying again");
                }
            }
        }
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn notify(news: &NewsSender, id: crate::poll::WatchId) {
    // The receiver is gone only when the operator is stopping.
    let _ = news.send(id);
}

async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Why SaeAccounts cannot be listed, if that will not pass by itself.
fn unavailable(error: &watcher::Error) -> Option<String> {
    let status = answer(error)?;
    match status.code {
        404 => {
            Some("the API server does not know SaeAccounts: their CustomResourceDefinition is missing".into())
        }
        403 => Some(format!("the operator may not list SaeAccounts ({})", status.message)),
        _ => None,
    }
}
