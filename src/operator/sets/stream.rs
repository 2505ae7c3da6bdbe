//! The stream of sets of one namespace, or of all.

use std::collections::HashSet;

use futures::StreamExt;
use futures::stream::BoxStream;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, Resource};

use super::object::SetObject;
use crate::operator::follow::{follow, unavailable};
use crate::operator::outage::Outage;
use crate::operator::progress::name_of;
use crate::poll::SetId;
use crate::telemetry::Sets;

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

/// Follows the sets of a namespace, or of all.
pub(super) fn follow_sets(
    client: Client,
    namespace: Option<String>,
    label_selector: Option<&kube::core::Selector>,
    shown: Sets,
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
    shown: Sets,
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
        let outcome = match event {
            Ok(_) => Ok(()),
            Err(error) => match unavailable(error, "SaeAppWatchSets") {
                Some(why) => Err(why),
                None => return,
            },
        };
        self.shown.list(name_of(self.namespace.as_deref()), outcome);
    }
}
