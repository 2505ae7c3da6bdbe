//! When is SAE asked why a target is unwell, and which watches does the answer serve (contract §14)?

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::inquiry::Answer;
use super::key::RunNumber;
use super::tracked::Tracked;
use super::watchers::Watcher;
use crate::api::{Diagnosis, NamespaceId, Time};
use crate::domain::TargetRef;
use crate::domain::diagnosis::ASKED_WITHIN;
use crate::poll::subscription::Subscription;

/// How long SAE is not asked again about a target, and an answer serves its other watches.
pub(crate) const ASKED_ONCE_IN: Duration = Duration::from_secs(600);
/// How long SAE is not asked because the namespace is unknown, without which there are no events.
const NAMESPACE_WITHIN: Duration = Duration::from_secs(300);
/// How long an answer serves at the least. With few calls a minute it comes long after its question.
const SERVES_AT_LEAST: Duration = Duration::from_secs(60);

impl Tracked {
    /// Its SAE namespace, as far as a list, the status of a watch or its spec says it.
    pub(crate) fn namespace(&self) -> Option<&NamespaceId> {
        let of_watches = || {
            self.watchers.iter().find_map(|watcher| {
                let Subscription { namespace, target, .. } = &watcher.subscription;
                namespace.as_ref().or_else(|| Some(&target.named()?.app.namespace))
            })
        };
        self.named.as_ref().map(|named| &named.namespace).or_else(of_watches)
    }

    /// Whether a watch wants to know why it is unwell.
    pub(crate) fn wants_diagnosis(&self) -> bool {
        self.watchers.iter().any(|watcher| self.unwell_by(&watcher.subscription).is_some())
    }

    /// Since when it is unwell, as a watch says that shows this application: one by name may show that which had the name
    /// before.
    fn unwell_by(&self, subscription: &Subscription) -> Option<Timestamp> {
        let polled = self.target.as_ref().map(|target| &target.app);
        let is_shown = match &subscription.target {
            TargetRef::Id(_) | TargetRef::Name(_, None) => true,
            TargetRef::Name(_, shown) => shown.as_ref() == polled,
        };
        subscription.diagnosis.filter(|_| is_shown)
    }

    /// Since when it is unwell, as its watches say that no answer serves.
    fn unexplained(&self, now: Instant) -> impl Iterator<Item = Timestamp> {
        let answer = self.inquiry.as_ref().and_then(|inquiry| inquiry.answer.as_ref());
        let is_served = move |of: &Subscription| answer.is_some_and(|answer| answer.serves(of, now));
        let unserved = self.watchers.iter().filter(move |watcher| !is_served(&watcher.subscription));
        unserved.filter_map(|watcher| self.unwell_by(&watcher.subscription))
    }

    /// The same, but for what became bad so long ago that SAE is not asked any more.
    fn to_ask_for(&self, now: Instant, wall: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.unexplained(now).filter(move |since| wall.duration_since(*since) <= ASKED_WITHIN)
    }

    /// Since when the application is unwell, as the first of the watches says that SAE is asked for.
    pub(crate) fn unwell_since(&self, now: Instant, wall: Timestamp) -> Option<Timestamp> {
        self.to_ask_for(now, wall).min()
    }

    /// Brings up to date since when SAE is to be asked, and returns that; `None` while it is not, or is asked now. Whatever
    /// is of no more use is freed.
    pub(crate) fn inquire(
        &mut self,
        needs_namespace: bool,
        now: Instant,
        wall: Timestamp,
    ) -> Option<Instant> {
        let is_wanted = self.target.is_some() && self.unwell_since(now, wall).is_some();
        let inquiry = self.inquiry.get_or_insert_default();
        inquiry.wanted = is_wanted.then(|| inquiry.wanted.unwrap_or(now));
        inquiry.answer.take_if(|answer| answer.until <= now);
        let wanted = inquiry.wanted.filter(|_| inquiry.run.is_none());
        if inquiry.wanted.is_none() && inquiry.run.is_none() && inquiry.answer.is_none() {
            self.inquiry = None;
        }
        // Its region is listed for the name, and an answer without events says little.
        let waits = needs_namespace && self.namespace().is_none();
        wanted.map(|wanted| if waits { wanted + NAMESPACE_WITHIN } else { wanted })
    }

    /// When SAE was asked last, as the statuses of its watches say.
    pub(crate) fn asked_before(&self) -> Option<Timestamp> {
        self.watchers.iter().filter_map(|watcher| watcher.subscription.diagnosed_at).max()
    }

    /// SAE is being asked.
    pub(crate) fn inquiry_begins(&mut self, number: RunNumber) {
        self.inquiry.get_or_insert_default().run = Some(number);
    }

    /// Whether a run asks for it and a watch still wants the answer. One that has begun may be late.
    pub(crate) fn awaits_diagnosis(&self, number: RunNumber, now: Instant) -> bool {
        let run = self.inquiry.as_ref().and_then(|inquiry| inquiry.run);
        run == Some(number) && self.unexplained(now).next().is_some()
    }

    /// Takes in how a run ended that began at `asked`, where that is not ten minutes ago; whether it was this target's.
    pub(crate) fn inquiry_ended(
        &mut self,
        number: RunNumber,
        diagnosis: Option<Diagnosis>,
        asked: Option<Instant>,
        now: Instant,
    ) -> bool {
        let Some(inquiry) = self.inquiry.as_mut().filter(|inquiry| inquiry.run == Some(number)) else {
            return false;
        };
        inquiry.run = None;
        let until = asked.map_or(now, |asked| asked + ASKED_ONCE_IN).max(now + SERVES_AT_LEAST);
        if let Some(diagnosis) = diagnosis {
            inquiry.answer = Some(Answer { diagnosis: Arc::new(diagnosis), until });
        }
        true
    }

    /// Why it is unwell, for a watch that wants to know. It explains what became bad for this watch.
    pub(crate) fn diagnosis_for(&self, watcher: &Watcher, now: Instant) -> Option<Arc<Diagnosis>> {
        let (answer, since) =
            (self.inquiry.as_ref()?.answer.as_ref()?, self.unwell_by(&watcher.subscription)?);
        let Answer { diagnosis, until: _ } = answer.serves(&watcher.subscription, now).then_some(answer)?;
        let since = Time(since);
        if diagnosis.since == since {
            return Some(diagnosis.clone());
        }
        Some(Arc::new(Diagnosis { since, ..Diagnosis::clone(diagnosis) }))
    }
}
