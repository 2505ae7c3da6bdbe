//! What follows for each account from all specs and from what STS has said.

use std::sync::Arc;

use super::controller::{Controller, notify};
use super::directory::Entry;
use super::managed::Managed;
use super::serving::Serving;
use super::verifier::{Verifier, Whose, watch_files};
use crate::api::{AccountName, SaeAccountSpec};
use crate::domain::Account;
use crate::domain::account::{AccountState, Claim, OwnKeys, Verification};
use crate::sae::{Client, KeySource};

impl Controller {
    /// Brings everything up to date.
    pub(super) fn update(&mut self) {
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
        if self.accounts.is_empty() {
            self.files = None;
        }
        if self.accounts.is_empty() || self.settings.is_required {
            (self.own, self.own_verifier) = (Verification::Pending, None);
        } else if self.own_verifier.is_none() {
            self.own_verifier = Some(self.new_verifier(None, &self.settings.client.clone()));
        }
        let names: Vec<_> = self.accounts.keys().cloned().collect();
        for name in names {
            self.ask_sts_about(&name);
        }
    }

    /// Has STS asked about the keys of an account: not while it is suspended, nor where it has the operator's own keys and
    /// these are asked about anyway.
    fn ask_sts_about(&mut self, name: &AccountName) {
        let Some(account) = self.accounts.get_mut(name) else { return };
        let wanted = account.spec.as_ref().ok().filter(|spec| !spec.suspend).map(key_source);
        let wanted = wanted.filter(|source| !is_shared(source, self.settings.is_required));
        if account.verifier.as_ref().map(|(source, _)| source) == wanted.as_ref() {
            return;
        }
        (account.verifier, account.awaits_sts) = (None, false);
        let (Some(source), Ok(spec)) = (wanted, &account.spec) else { return };
        let client = if let Some(client) = &account.client {
            // Those that were verified before serve until these are.
            client.credentials().use_keys(&source);
            client.clone()
        } else {
            Arc::new(self.settings.client.for_account(&source, spec.account_id.clone()))
        };
        account.client = Some(client.clone());
        account.awaits_sts = account.state.is_verified();
        if !account.awaits_sts {
            account.verification = Verification::Pending;
        }
        let verifier = self.new_verifier(Some(name.clone()), &client);
        if let Some(account) = self.accounts.get_mut(name) {
            account.verifier = Some((source, verifier));
        }
    }

    fn new_verifier(&mut self, whose: Whose, client: &Client) -> Verifier {
        self.number += 1;
        let own = self.settings.client.credentials();
        let files = self.files.get_or_insert_with(|| watch_files(own.clone())).clone();
        Verifier::start(whose, self.number, client.credentials().clone(), files, self.answers.0.clone())
    }

    fn state(&self, name: &AccountName, account: &Managed) -> AccountState {
        let spec = match &account.spec {
            Ok(spec) => spec,
            Err(problem) => return AccountState::unreadable(problem),
        };
        let is_required = self.settings.is_required;
        let own_keys = if is_required { OwnKeys::Unused } else { OwnKeys::Asked(&self.own) };
        let is_shared = is_shared(&key_source(spec), is_required);
        let verification = if is_shared { &self.own } else { &account.verification };
        AccountState::new(&Claim { spec, elder: self.elder(name, account), own_keys, verification })
    }

    /// The oldest account of the same number, if it is another one.
    fn elder(&self, name: &AccountName, account: &Managed) -> Option<&AccountName> {
        let namesakes = self.accounts.iter().filter(|(_, other)| other.id() == account.id());
        let (elder, _) = namesakes.min_by_key(|(name, other)| other.seniority(name))?;
        (elder != name).then_some(elder)
    }

    /// Puts an account into a state, and notifies its watches if that means anything new to them.
    fn enter(&mut self, name: &AccountName, state: AccountState) {
        let (budget, now) = (self.budget(name), self.context.now());
        let Some(account) = self.accounts.get_mut(name) else { return };
        account.enter(state, now);
        match &account.state {
            AccountState::Verified { .. } => self.serve(name, budget),
            // Another scheduler makes the calls of the same number, which the budget of this one would not know of.
            AccountState::Conflict(_) => self.stop_serving(name),
            _ => {}
        }
        let Some(account) = self.accounts.get(name) else { return };
        if let Some(Serving::Scheduler { polls, .. }) = &account.serving {
            polls.set_budget(budget);
        }
        let state = &account.state;
        self.context.metrics.accounts.show(name, account.id(), state.reason(), state.is_verified());
        if self.context.accounts.put(name.clone(), entry(name, account)) {
            self.notify_watches(name);
        }
    }

    /// Has calls made for an account that is verified, if that is not so already.
    fn serve(&mut self, name: &AccountName, budget: u32) {
        let Some(account) = self.accounts.get_mut(name) else { return };
        let Ok(spec) = &account.spec else { return };
        let is_shared = is_shared(&key_source(spec), self.settings.is_required);
        if account.serving.as_ref().is_some_and(|serving| serving.is_own() == is_shared) {
            return;
        }
        self.settings.metrics.hide(Some(name));
        account.serving = match account.client.clone() {
            _ if is_shared => Some(Serving::Own(self.context.own_polls.clone())),
            None => None,
            Some(client) => {
                let credentials = client.credentials().clone();
                let (news, stop) = (self.news.clone(), self.stop.child_token());
                let serving = Serving::start(name.clone(), client, budget, news, stop);
                self.settings.metrics.show(Some(name), serving.polls(), credentials);
                self.settings.liveness.follow("the scheduler of an account", serving.polls().watchdog());
                Some(serving)
            }
        };
    }

    /// Ends the scheduler of an account. The next one makes its first call as late as after one of this.
    fn stop_serving(&mut self, name: &AccountName) {
        let Some(account) = self.accounts.get_mut(name) else { return };
        if account.serving.take().is_some() {
            self.settings.metrics.hide(Some(name));
        }
    }

    fn budget(&self, name: &AccountName) -> u32 {
        let spec = self.accounts.get(name).and_then(|account| account.spec.as_ref().ok());
        let named = spec.and_then(|spec| spec.calls_per_minute).and_then(|calls| u32::try_from(calls).ok());
        // The API server checks the range, but the CRD may be another version's.
        named.map_or(self.settings.calls_per_minute, |calls| calls.clamp(1, 6000))
    }

    /// While an account has the operator's own keys, be it suspended or not, they are one scheduler, with the smaller budget,
    /// and only keys of that account ask. The budget holds already while STS has not said whose they are: calls that were
    /// made until then would count too.
    fn share_own_keys(&self) {
        let is_required = self.settings.is_required;
        let shares = |name, account: &Managed| {
            let has_own_source =
                account.spec.as_ref().is_ok_and(|spec| is_shared(&key_source(spec), is_required));
            has_own_source && self.elder(name, account).is_none()
        };
        let sharing = self.accounts.iter().filter(|(name, account)| shares(name, account));
        let (mut budget, mut owner) = (self.settings.calls_per_minute, None);
        for (name, account) in sharing {
            let is_owner = self.own.account().map(|own| Some(own) == account.id());
            if is_owner.unwrap_or(!self.own.is_answered()) {
                budget = budget.min(self.budget(name));
            }
            if is_owner == Some(true) {
                owner = account.id().cloned();
            }
        }
        self.context.own_polls.set_budget(budget);
        let credentials = self.settings.client.credentials();
        let before = credentials.owner();
        if before != owner {
            credentials.require_owner(owner);
            // What was refused for the owner before may serve now.
            if before.is_some() {
                self.context.own_polls.credentials_changed();
            }
        }
    }

    /// Ends the polls of watches that may not be asked for any more, at once, and has all of them reconciled.
    pub(super) fn notify_watches(&self, name: &AccountName) {
        for id in self.context.watches.of_account(Some(name)) {
            if !self.context.accounts.grants(name, &id.namespace) {
                self.context.unsubscribe(&id);
            }
            notify(&self.news, id);
        }
        self.context.note_accounts();
    }
}

/// What the watches of an account have to know of it.
fn entry(name: &AccountName, account: &Managed) -> Entry {
    let Ok(spec) = &account.spec else { return Entry::Unreadable };
    Entry::Readable {
        identity: Arc::new(Account { name: name.clone(), id: spec.account_id.clone() }),
        namespaces: spec.namespaces.clone(),
        default_region: spec.region_id.clone(),
        state: account.state.clone(),
        polls: account.serving.as_ref().map(|serving| serving.polls().clone()),
    }
}

/// Where the keys of an account come from.
fn key_source(spec: &SaeAccountSpec) -> KeySource {
    match (&spec.role_arn, &spec.profile) {
        (Some(arn), _) => KeySource::Role { arn: arn.clone(), external_id: spec.external_id.clone() },
        (None, Some(profile)) => KeySource::Profile(profile.clone()),
        (None, None) => KeySource::Own,
    }
}

/// Whether watches without an account are asked for with the same keys.
fn is_shared(source: &KeySource, is_required: bool) -> bool {
    *source == KeySource::Own && !is_required
}
