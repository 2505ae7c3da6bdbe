//! The four conditions and how they are set (contract §6).

use jiff::Timestamp;

use super::Reason;
use super::row::Row;
use super::text::{MESSAGE_BYTES, clean};
use crate::api::Condition;

/// The conditions' types, in the order in which the status lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConditionType {
    /// The watch works and its data is fresh.
    Ready,
    /// The application is well.
    AppHealthy,
    /// Work is not done; present only while true.
    Reconciling,
    /// Only a human can help; present only while true.
    Stalled,
}

/// A condition's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It is unknown.
    Unknown,
}

/// The conditions of one status, without those of other writers: nobody else writes a status.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conditions<'a> {
    now: Vec<Condition>,
    /// As they were stored: a transition time moves when the stored status does, whatever steps lie between.
    stored: &'a [Condition],
}

impl ConditionType {
    /// All of them, in that order.
    pub const ALL: [Self; 4] = [Self::Ready, Self::AppHealthy, Self::Reconciling, Self::Stalled];

    /// The type's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::AppHealthy => "AppHealthy",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
        }
    }

    fn named(condition: &Condition) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == condition.type_)
    }
}

impl Truth {
    const ALL: [Self; 3] = [Self::True, Self::False, Self::Unknown];

    /// What stored conditions say of a type; `None` where it is absent.
    pub(crate) fn of(conditions: &[Condition], of: ConditionType) -> Option<Self> {
        let condition = find(conditions, of)?;
        Self::ALL.into_iter().find(|truth| truth.as_str() == condition.status)
    }

    /// The word in the condition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

impl<'a> Conditions<'a> {
    /// Ours of a stored status, in our order.
    pub fn new(stored: &'a [Condition]) -> Self {
        Self::changing(stored.to_vec(), stored)
    }

    /// The same with the copy that is to be changed.
    pub(super) fn changing(mut now: Vec<Condition>, stored: &'a [Condition]) -> Self {
        now.retain(|condition| ConditionType::named(condition).is_some());
        now.sort_by_key(ConditionType::named);
        now.dedup_by(|a, b| a.type_ == b.type_);
        Self { now, stored }
    }

    /// The condition of a type.
    pub fn get(&self, of: ConditionType) -> Option<&Condition> {
        find(&self.now, of)
    }

    /// Whether the condition of a type is there and has this status.
    pub fn is(&self, of: ConditionType, truth: Truth) -> bool {
        self.get(of).is_some_and(|c| c.status == truth.as_str())
    }

    /// Whether the condition of a type is there and has this reason.
    pub fn has_reason(&self, of: ConditionType, reason: Reason) -> bool {
        self.get(of).is_some_and(|c| c.reason == reason.as_str())
    }

    /// The condition of a type as it was stored.
    pub fn stored(&self, of: ConditionType) -> Option<&'a Condition> {
        find(self.stored, of)
    }

    /// Which generation of the spec the stored condition of a type speaks for.
    pub fn stored_generation(&self, of: ConditionType) -> Option<i64> {
        self.stored(of)?.observed_generation
    }

    /// Whether the condition of a type speaks for this generation of the spec.
    pub fn speaks_for(&self, of: ConditionType, generation: i64) -> bool {
        self.get(of).is_some_and(|c| c.observed_generation == Some(generation))
    }

    /// Sets a condition; its transition time moves only when its status does.
    pub fn set(
        &mut self,
        of: ConditionType,
        truth: Truth,
        reason: Reason,
        message: String,
        generation: i64,
        now: Timestamp,
    ) {
        let since = self.stored(of).filter(|c| c.status == truth.as_str());
        let since = since.map_or_else(|| now.into(), |c| c.last_transition_time.clone());
        self.remove(of);
        self.now.push(Condition {
            type_: of.as_str().into(),
            status: truth.as_str().into(),
            reason: reason.as_str().into(),
            message,
            observed_generation: Some(generation),
            last_transition_time: since,
        });
        self.now.sort_by_key(ConditionType::named);
    }

    /// Has the conditions of a row say what it says, and takes away those that it leaves out.
    pub(super) fn set_row(&mut self, row: Row<'_>, generation: i64, now: Timestamp) {
        let types = [ConditionType::Ready, ConditionType::Reconciling, ConditionType::Stalled];
        for (of, cell) in types.into_iter().zip(row) {
            match cell {
                None => self.remove(of),
                Some((truth, reason, message)) => {
                    self.set(of, truth, reason, clean(&message, MESSAGE_BYTES), generation, now);
                }
            }
        }
    }

    /// Takes a condition away.
    pub fn remove(&mut self, of: ConditionType) {
        self.now.retain(|c| c.type_ != of.as_str());
    }

    /// Says for which generation of the spec a condition speaks, if it is there.
    pub fn observe_generation(&mut self, of: ConditionType, generation: i64) {
        for condition in self.now.iter_mut().filter(|c| c.type_ == of.as_str()) {
            condition.observed_generation = Some(generation);
        }
    }

    /// The condition that says why the watch is as it is: Ready while it is there and not True, else AppHealthy.
    pub fn explanation(&self) -> Option<&Condition> {
        let ready = self.get(ConditionType::Ready).filter(|ready| ready.status != Truth::True.as_str());
        ready.or_else(|| self.get(ConditionType::AppHealthy))
    }

    /// As the status holds them.
    pub fn into_vec(self) -> Vec<Condition> {
        self.now
    }
}

/// The condition of a type.
pub(super) fn find(conditions: &[Condition], of: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|one| one.type_ == of.as_str())
}
