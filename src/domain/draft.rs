//! A decision in the making: the last status, changed step by step.

use std::sync::Arc;

use jiff::Timestamp;

use super::conditions::{ConditionType, Conditions, Truth};
use super::fingerprint::status_fingerprint;
use super::health::truth_of;
use super::input::Input;
use super::instance_memo::InstanceMemos;
use super::memory::Memory;
use super::text::{MESSAGE_BYTES, clean};
use super::{Event, Reason, Target, TargetRef};
use crate::api::{InstanceStatus, SaeAppWatchStatus};

/// A list that differs from the stored one.
pub(super) struct OfferedList {
    pub(super) instances: Vec<InstanceStatus>,
    /// Whether the same was written before and the API server left something out: no reason to write again, but with
    /// the next write its CRD may know more.
    pub(super) was_tried: bool,
}

/// A decision in the making.
pub(super) struct Draft<'a> {
    pub(super) input: &'a Input<'a>,
    /// The fingerprint of the stored status.
    pub(super) stored: Option<u64>,
    /// What the spec wants polled; `None` if that cannot be read, or nothing names a region.
    pub(super) wanted: Option<TargetRef>,
    /// The target, once the id of the application is known.
    pub(super) target: Option<Arc<Target>>,
    pub(super) status: SaeAppWatchStatus,
    pub(super) conditions: Conditions<'a>,
    pub(super) events: Vec<Event>,
    pub(super) list: Option<OfferedList>,
    pub(super) memory: Memory,
    /// Whether this decision is the first outcome for the spec's generation, or a later one.
    pub(super) is_outcome: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        let mut status = input.last.cloned().unwrap_or_default();
        let account = input.spec.account_ref.as_ref().map(|account| &account.name);
        // Of a spec that cannot be read the account is not known.
        if input.unreadable.is_none() && status.account.as_ref() != account {
            status.account = account.cloned();
            if input.spec.app_name.is_some() {
                // The name is another application's there.
                status.app_id = None;
            }
        }
        let stored = input.last.map_or(&[][..], |last| &last.conditions);
        let conditions = Conditions::changing(std::mem::take(&mut status.conditions), stored);
        let wanted = TargetRef::new(input.spec, input.last, input.access);
        let wanted = wanted.filter(|_| input.unreadable.is_none());
        let target = wanted.as_ref().and_then(|wanted| wanted.target(input.identity.id.as_ref()));
        let mut draft = Self {
            input,
            stored: input.last.map(status_fingerprint),
            wanted,
            target,
            status,
            conditions,
            events: Vec::new(),
            list: None,
            memory: input.memory.clone(),
            is_outcome: false,
        };
        draft.name_application();
        draft
    }

    pub(super) fn now(&self) -> Timestamp {
        self.input.now
    }

    /// What is known of each instance: this process's own memory, which also knows the instances that the list
    /// omits, else what came with the status.
    pub(super) fn instances(&self) -> &InstanceMemos {
        self.memory.instances.as_ref().unwrap_or(self.input.instances)
    }

    /// Whether the stored status is what this process wrote last, so that its words can be kept.
    pub(super) fn is_own_write(&self) -> bool {
        self.input.memory.written.is_some_and(|written| self.stored == Some(written.stored))
    }

    /// Whether another writer changed the stored status: it is not what this process wrote last, or its health
    /// is none that goes with its AppHealthy. Then what it shows is no reason to wait for a second poll.
    pub(super) fn is_damaged(&self) -> bool {
        let is_foreign = self.input.memory.written.is_some() && !self.is_own_write();
        let Some(shown) = self.status.health else { return true };
        is_foreign || !self.conditions.is(ConditionType::AppHealthy, truth_of(shown))
    }

    /// Sets a condition as of the spec's generation.
    pub(super) fn set(
        &mut self,
        of: ConditionType,
        truth: Truth,
        reason: Reason,
        message: impl Into<String>,
    ) {
        let message = clean(&message.into(), MESSAGE_BYTES);
        self.conditions.set(of, truth, reason, message, self.input.meta.generation, self.input.now);
    }

    /// Emits an event; reasons without an event are a mistake that no user should pay for, so they are silent.
    pub(super) fn emit(&mut self, reason: Reason, note: &str) {
        let note = format!("{}: {note}", self.describe_application());
        self.events.extend(Event::new(&self.input.meta, self.input.last, reason, &note));
    }
}
