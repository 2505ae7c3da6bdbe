//! Whether the cluster's CustomResourceDefinitions fit this program: seen without any right to read them.
//!
//! Without the CRD the API server answers 404; one that is older makes it refuse the fields that it does not declare.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::catalogue::CRD_OUTDATED;
use crate::api::{GROUP, VERSION};

/// What is known of the CRD of each kind. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Crds(pub(super) [Crd; 3]);

/// What is known of the CRD of one kind. Clones share it.
#[derive(Debug, Clone)]
pub struct Crd {
    /// The kind in the plural, as in the name of its CRD.
    resource: &'static str,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    missing: bool,
    /// Fields of the status that were refused, and since then never taken.
    refused: BTreeSet<String>,
}

impl Crds {
    /// Begins anew, as a replica that does not lead: no answer of the API server will say that one fits by now.
    pub(super) fn clear(&self) {
        self.0.iter().for_each(|crd| *crd.state() = State::default());
    }

    /// What is wrong with each that does not fit, in a sentence.
    pub(super) fn troubles(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(Crd::trouble)
    }
}

impl Crd {
    /// The CRD of this resource, which is taken to fit until a response says otherwise.
    pub(crate) fn new(resource: &'static str) -> Self {
        Self { resource, state: Arc::default() }
    }

    /// Notes that the API server does not know the resource.
    pub fn miss(&self) {
        let was_missing = std::mem::replace(&mut self.state().missing, true);
        if !was_missing {
            tracing::error!("{}; trying again", self.missing());
        }
    }

    /// Notes that the API server knows the resource.
    pub fn find(&self) {
        let was_missing = std::mem::replace(&mut self.state().missing, false);
        if was_missing {
            tracing::info!("the CustomResourceDefinition of {} is installed now", self.resource);
        }
    }

    /// Notes that the API server does not take these fields of a status, such as `status.groups[].image`.
    pub fn refuse(&self, fields: BTreeSet<String>) {
        let mut state = self.state();
        let known = state.refused.len();
        state.refused.extend(fields);
        if state.refused.len() > known {
            tracing::error!("{}", self.outdated(&state.refused));
        }
    }

    /// Notes that the API server has taken a status; `held` says which of the fields that it had refused were in it.
    pub fn accept(&self, mut held: impl FnMut(&str) -> bool) {
        let mut state = self.state();
        let was_outdated = !state.refused.is_empty();
        state.refused.retain(|field| !held(field));
        if was_outdated && state.refused.is_empty() {
            tracing::info!("the API server takes every field of the status of {} again", self.resource);
        }
    }

    /// What is wrong with the CRD, and what to do, in a sentence; `None` if nothing is.
    pub fn trouble(&self) -> Option<String> {
        let state = self.state();
        if state.missing {
            return Some(self.missing());
        }
        (!state.refused.is_empty()).then(|| self.outdated(&state.refused))
    }

    fn missing(&self) -> String {
        format!(
            "the API server does not know {} of {GROUP}/{VERSION}: install the CustomResourceDefinition \
         that `saewatch crd` prints",
            self.resource
        )
    }

    fn outdated(&self, refused: &BTreeSet<String>) -> String {
        let fields: Vec<&str> = refused.iter().map(String::as_str).collect();
        format!(
            "the CustomResourceDefinition of {} is older than saewatch {}: the API server does not take {}; install the one that \
         `saewatch crd` prints",
            self.resource,
            env!("CARGO_PKG_VERSION"),
            fields.join(", ")
        )
    }

    /// Every change is complete before anything else can happen, so a panic elsewhere spoils nothing.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Crds {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        CRD_OUTDATED.gauge(&mut encoder, u32::from(self.troubles().next().is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::scraped;
    use super::*;

    fn refused(fields: [&str; 2]) -> Crd {
        let crd = Crd::new("saeappwatches");
        crd.refuse(fields.map(str::to_owned).into());
        crd
    }

    #[test]
    fn refused_fields_are_named_until_a_status_with_them_is_taken() {
        let crd = refused(["status.memory.notified", "status.groups[].image"]);
        crd.accept(|_| false);
        crd.accept(|field| field == "status.memory.notified");
        let trouble = crd.trouble().unwrap();
        assert!(trouble.contains("does not take status.groups[].image;"), "{trouble}");
        crd.accept(|field| field == "status.groups[].image");
        assert_eq!(crd.trouble(), None);
    }

    #[test]
    fn a_crd_of_any_kind_is_outdated_until_the_replica_stands_by() {
        let crds = Crds(["saeappwatches", "saeaccounts", "saeappwatchsets"].map(Crd::new));
        for crd in &crds.0 {
            crd.refuse(["status.conditions".to_owned()].into());
            assert!(crds.troubles().next().unwrap().contains(crd.resource));
            assert_eq!(scraped(crds.clone()), ["saewatch_crd_outdated 1"]);
            crds.clear();
            assert_eq!(scraped(crds.clone()), ["saewatch_crd_outdated 0"]);
        }
    }

    #[test]
    fn a_missing_crd_is_named_until_it_is_found() {
        let crd = refused(["status.memory.notified", "status.memory.streak"]);
        crd.miss();
        assert!(crd.trouble().unwrap().contains("saeappwatches of saewatch.dev/v1alpha1"));
        crd.find();
        assert!(crd.trouble().unwrap().contains("status.memory.notified, status.memory.streak"));
    }
}
