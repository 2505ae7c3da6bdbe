//! The instances of all watches as targets for Prometheus (contract §16).
//!
//! The operator puts in what the watch stream brings (`listing`), and the table keeps it packed (`entry`). At a request
//! (`server`, `query`) it is rendered piece by piece (`groups`).

mod entry;
mod groups;
mod listing;
mod port;
mod query;
mod server;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU16;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use jiff::{SignedDuration, Timestamp};
use kube::core::SelectorExt;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use entry::{Entry, Packed, Port};
pub(crate) use listing::Listing;
use query::Query;
pub(crate) use server::Server;

use super::catalogue::INVALID_SCRAPE_PORTS;

/// Data older than this says nothing of which instances there are.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
/// The size of a piece of a response in bytes, but for the targets of the last watch in it.
const PIECE: usize = 32 * 1024;

/// Namespace and name, in texts that are shared with the operator.
type Name = (Arc<str>, Arc<str>);

/// The targets of all watches of one time at work; gone with it.
#[derive(Debug, Default)]
pub(crate) struct Targets(Mutex<BTreeMap<Name, Row>>);

/// What is known of one watch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Row {
    stored: Packed,
    /// Whether the last decision says that it has no targets. It counts before it is stored, and though it cannot be.
    is_withheld: bool,
}

/// A part of a response.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    /// Groups, each after a separator.
    text: String,
    /// The watch that the next piece follows; `None` if this is the last.
    last: Option<Name>,
}

impl Targets {
    /// Puts what a watch says now in the place of what it said before.
    pub(crate) fn put(&self, namespace: &Arc<str>, name: &Arc<str>, listing: &Listing) {
        let stored = Packed::new(listing);
        self.lock().entry((namespace.clone(), name.clone())).or_default().stored = stored;
    }

    /// Notes whether the last decision on a watch says that it has no targets.
    pub(crate) fn withhold(&self, namespace: &Arc<str>, name: &Arc<str>, is_withheld: bool) {
        if let Some(row) = self.lock().get_mut(&(namespace.clone(), name.clone())) {
            row.is_withheld = is_withheld;
        }
    }

    /// Forgets a watch that is gone.
    pub(crate) fn forget(&self, namespace: &Arc<str>, name: &Arc<str>) {
        self.lock().remove(&(namespace.clone(), name.clone()));
    }

    /// The targets that a query asks for of the watches after this one, of as many as fit into a piece.
    fn piece(&self, after: Option<Name>, query: &Query, now: Timestamp) -> Piece {
        let mut text = String::with_capacity(PIECE + PIECE / 4);
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        for (name, row) in self.lock().range((begin, Bound::Unbounded)) {
            row.append(&mut text, name, query, now);
            if text.len() >= PIECE {
                return Piece { text, last: Some(name.clone()) };
            }
        }
        Piece { text, last: None }
    }

    /// How many watches have an annotation that is no port.
    fn invalid_ports(&self) -> u32 {
        let rows = self.lock();
        let entries = rows.values().filter_map(|row| row.stored.entry());
        entries.map(|entry| u32::from(entry.port == Port::Invalid)).sum()
    }

    /// Every change is one insertion or removal, so a panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Row>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Row {
    /// Appends the targets of a watch, if the query asks for them and it may be scraped.
    fn append(&self, text: &mut String, name: &Name, query: &Query, now: Timestamp) {
        if self.is_withheld || query.namespace.as_ref().is_some_and(|asked| *asked.as_str() != *name.0) {
            return;
        }
        let Some(entry) = self.stored.entry().filter(|entry| entry.is_fresh(now) && query.selects(entry))
        else {
            return;
        };
        let port = match entry.port {
            Port::Unnamed => query.port,
            Port::Named(port) => Some(port),
            Port::Invalid => None,
        };
        if let Some(port) = port {
            groups::append(text, name, &entry, port);
        }
    }
}

impl Entry<'_> {
    /// Whether what is stored may be shown now.
    fn is_fresh(&self, now: Timestamp) -> bool {
        let age = self.observed_at.map(|at| now.as_second().saturating_sub(at));
        !self.is_withheld && age.is_some_and(|age| age <= MAX_AGE.as_secs())
    }
}

impl Query {
    fn selects(&self, entry: &Entry<'_>) -> bool {
        self.selector.as_ref().is_none_or(|selector| {
            let labels = entry.labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            selector.matches(&labels.collect())
        })
    }
}

/// The targets of the watches that are worked on now, if any.
#[derive(Debug, Clone, Default)]
pub(crate) struct CurrentTargets(Arc<Mutex<Weak<Targets>>>);

impl CurrentTargets {
    /// Begins anew with no watches; those before are not shown any more.
    pub(crate) fn begin(&self) -> Arc<Targets> {
        let targets = Arc::new(Targets::default());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&targets);
        targets
    }

    /// What all of them say at this time, with this port.
    pub(super) fn text(&self, port: NonZeroU16, now: Timestamp) -> Option<String> {
        let query = Query { port: Some(port), ..Query::default() };
        Some(server::pieces(self.get()?, query, now).collect())
    }

    fn get(&self) -> Option<Arc<Targets>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }
}

impl Collector for CurrentTargets {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let invalid = self.get().map_or(0, |targets| targets.invalid_ports());
        INVALID_SCRAPE_PORTS.gauge(&mut encoder, invalid)
    }
}
