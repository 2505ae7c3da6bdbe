//! Whether each watched namespace has given its list of watches, or the API server refuses it: one namespace without
//! rights must not keep the others from being ready, and must not go unseen either.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::catalogue::NAMESPACE_REFUSED;
use crate::domain::text::{MESSAGE_BYTES, clean};

/// The lists of the namespaces that are watched; an empty name is all namespaces. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lists(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    namespaces: BTreeMap<String, List>,
    /// Whether it is not known yet which accounts there are.
    are_accounts_awaited: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum List {
    /// The API server has not answered yet.
    Awaited,
    Received,
    /// The API server refuses it, in these words.
    Refused(String),
}

impl Lists {
    /// Begins anew: each of these namespaces is to give its list.
    pub(crate) fn begin<'a>(&self, namespaces: impl IntoIterator<Item = &'a str>) {
        let namespaces = namespaces.into_iter().map(|name| (name.to_owned(), List::Awaited)).collect();
        *self.lists() = State { namespaces, are_accounts_awaited: false };
    }

    /// Notes that the list of accounts is to come too.
    pub(crate) fn await_accounts(&self) {
        self.lists().are_accounts_awaited = true;
    }

    /// Notes that the list of accounts is complete, or will not come.
    pub(crate) fn settle_accounts(&self) {
        self.lists().are_accounts_awaited = false;
    }

    /// Notes that the list of a namespace is complete.
    pub(crate) fn receive(&self, namespace: &str) {
        self.lists().namespaces.insert(namespace.to_owned(), List::Received);
    }

    /// Notes that the API server refuses to list or watch the watches of a namespace.
    pub(crate) fn refuse(&self, namespace: &str, message: &str) {
        self.lists().namespaces.insert(namespace.to_owned(), List::Refused(clean(message, MESSAGE_BYTES)));
    }

    /// Whether nothing is awaited, and there is something to work on: with every list refused nothing can be done.
    pub(crate) fn are_settled(&self) -> bool {
        let lists = self.lists();
        !lists.are_accounts_awaited
            && lists.namespaces.values().all(|list| *list != List::Awaited)
            && lists.namespaces.values().any(|list| *list == List::Received)
    }

    /// What is refused, in a sentence; `None` if nothing is.
    pub(crate) fn trouble(&self) -> Option<String> {
        let lists = self.lists();
        let refused = lists.namespaces.iter().filter_map(|(namespace, list)| match list {
            List::Refused(message) if namespace.is_empty() => Some(format!("of all namespaces ({message})")),
            List::Refused(message) => Some(format!("of namespace {namespace} ({message})")),
            List::Awaited | List::Received => None,
        });
        let refused: Vec<String> = refused.collect();
        (!refused.is_empty()).then(|| format!("the API server refuses the watches {}", refused.join(", ")))
    }

    /// Every change is one insertion, so a panic elsewhere leaves whole values behind.
    fn lists(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Lists {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let lists = self.lists();
        if lists.namespaces.is_empty() {
            return Ok(());
        }
        let mut samples = NAMESPACE_REFUSED.write(&mut encoder)?;
        lists.namespaces.iter().try_for_each(|(namespace, list)| {
            samples.gauge([namespace.as_str()], u32::from(matches!(list, List::Refused(_))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_settled_when_each_is_received_or_refused_and_one_is_received() {
        let lists = Lists::default();
        lists.begin(["team-a", "team-b"]);
        lists.refuse("team-b", "forbidden");
        assert!(!lists.are_settled(), "team-a is awaited");
        lists.receive("team-a");
        assert!(lists.are_settled());
        lists.refuse("team-a", "forbidden");
        assert!(!lists.are_settled(), "nothing is left to work on");
    }

    #[test]
    fn a_refusal_names_its_namespace_until_the_list_is_received() {
        let lists = Lists::default();
        lists.begin(["team-a", "team-b"]);
        assert_eq!(lists.trouble(), None);
        lists.refuse("team-b", "it is\nforbidden");
        let refused = "the API server refuses the watches of namespace team-b (it is forbidden)";
        assert_eq!(lists.trouble().as_deref(), Some(refused));
        lists.receive("team-b");
        assert_eq!(lists.trouble(), None);
        lists.begin([""]);
        lists.refuse("", "forbidden");
        assert_eq!(
            lists.trouble().as_deref(),
            Some("the API server refuses the watches of all namespaces (forbidden)")
        );
    }
}
