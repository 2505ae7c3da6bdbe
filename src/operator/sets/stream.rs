//! The stream of sets of one namespace, or of all.

use std::collections::HashSet;

use futures::StreamExt;
use futures::stream::BoxStream;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, Resource};

use super::object::SetObject;
use crate::operator::follow::{answer, follow};
use crate::operator::outage::Outage;
use crate::operator::progress::{is_unknown, name_of};
use crate::poll::SetId;
use crate::telemetry::Sets;
use crate::telemetry::crd::Crd;

/// What the controller of sets has to do.
#[derive(Debug)]
pub(super) enum Change {
    /// A set is stored so.
    Put(Box<SetObject>),
    /// A set is gone.
    Gone(SetId),
    /// These are all sets of this namespace, or of all.
    Listed(Option<String>, HashSet<SetId>),
}

/// What is shown of whether sets can be listed.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// Whether their CRD is there.
    pub(super) crd: Crd,
    /// Whether they can be listed.
    pub(super) sets: Sets,
}

/// Follows the sets of a namespace, or of all.
pub(super) fn follow_sets(
    client: Client,
    namespace: Option<String>,
    label_selector: Option<&kube::core::Selector>,
    shown: Shown,
) -> BoxStream<'static, Change> {
    let api: Api<SetObject> = match &namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    let mut reader = Reader { namespace, shown, listed: HashSet::new(), outage: Outage::default() };
    follow(api, label_selector).filter_map(move |event| std::future::ready(reader.read(event))).boxed()
}

struct Reader {
    namespace: Option<String>,
    shown: Shown,
    /// The sets of the list that is just coming in.
    listed: HashSet<SetId>,
    outage: Outage,
}

impl Reader {
    /// What an event means.
    fn read(&mut self, event: Result<Event<SetObject>, watcher::Error>) -> Option<Change> {
        self.show(&event);
        match event.ok()? {
            Event::Init => {
                self.listed.clear();
                None
            }
            Event::InitApply(set) => {
                self.listed.insert(set.id());
                Some(Change::Put(Box::new(set)))
            }
            Event::InitDone => Some(Change::Listed(self.namespace.clone(), std::mem::take(&mut self.listed))),
            Event::Apply(set) => Some(Change::Put(Box::new(set))),
            Event::Delete(set) => Some(Change::Gone(set.id())),
        }
    }

    /// Shows in the log and in metrics whether sets can be listed.
    fn show(&mut self, event: &Result<Event<SetObject>, watcher::Error>) {
        if let Some(report) = self.outage.note(event) {
            report.log(&SetObject::plural(&()), self.namespace.as_deref());
        }
        let namespace = name_of(self.namespace.as_deref());
        match event {
            Ok(_) => {
                self.shown.crd.find();
                self.shown.sets.list(namespace, true);
            }
            Err(error) => {
                if is_unknown(error) {
                    self.shown.crd.miss();
                }
                if answer(error).is_some_and(|status| matches!(status.code, 403 | 404)) {
                    self.shown.sets.list(namespace, false);
                }
            }
        }
    }
}
