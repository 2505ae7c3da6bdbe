//! One apply of one watch of a set.

use std::sync::Arc;

use kube::api::{ListParams, Patch, PatchParams};
use kube::core::Status;
use kube::{Api, Client};
use serde_json::Value;

use crate::api::SaeAppWatchSetSpec;
use crate::cluster::describe;
use crate::domain::fingerprint;
use crate::domain::set::{Apply, Membership, manifest};
use crate::operator::watched::Watched;
use crate::poll::SetId;

/// Under which name the API server keeps what sets apply.
const MANAGER: &str = "saewatch-set";

/// One apply.
#[derive(Debug)]
pub(super) struct Job {
    /// Which set applies.
    pub(super) set: SetId,
    /// `metadata.uid` of the set.
    pub(super) set_uid: String,
    /// What it declares.
    pub(super) spec: Arc<SaeAppWatchSetSpec>,
    /// What is to be applied.
    pub(super) apply: Apply,
    /// Whether a watch of this name may be there that the operator does not follow.
    pub(super) may_be_unseen: bool,
}

/// How an apply ended.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) set: SetId,
    pub(super) set_uid: String,
    pub(super) name: String,
    pub(super) outcome: Outcome,
}

/// How an apply ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The watch is stored so; the checksum of what was applied and of what is stored for it.
    Stored(Box<Watched>, u64),
    /// Another watch has the name.
    Taken,
    /// Another client came first; a new plan is made.
    Conflict,
    /// The API server did not take it.
    Failed(String),
}

impl Job {
    /// Applies the watch. It is never deleted: nothing here can delete.
    pub(super) async fn run(mut self, client: Client) -> Applied {
        let api: Api<Watched> = Api::namespaced(client, &self.set.namespace);
        let outcome = match self.try_run(&api).await {
            Ok(outcome) => outcome,
            Err(kube::Error::Api(refusal)) if is_conflict(&refusal) => Outcome::Conflict,
            Err(error) => Outcome::Failed(format!("{}: {}", self.apply.name, describe(&error))),
        };
        let Self { set, set_uid, apply, .. } = self;
        Applied { set, set_uid, name: apply.name, outcome }
    }

    async fn try_run(&mut self, api: &Api<Watched>) -> Result<Outcome, kube::Error> {
        if self.may_be_unseen && self.apply.uid.is_none() {
            let of_name = ListParams::default().fields(&format!("metadata.name={}", self.apply.name));
            if let Some(there) = api.list(&of_name).await?.items.into_iter().next() {
                let Some(uid) = self.uid_if_own(there) else { return Ok(Outcome::Taken) };
                self.apply.uid = Some(uid);
            }
        }
        let manifest = self.manifest();
        let parameters = PatchParams::apply(MANAGER).force();
        let stored = api.patch(&self.apply.name, &parameters, &Patch::Apply(&manifest)).await?;
        let effect = stored.membership.as_deref().map_or(0, |membership| effect(manifest, membership));
        Ok(Outcome::Stored(Box::new(stored), effect))
    }

    /// What is applied.
    fn manifest(&self) -> Value {
        let SetId { namespace, name } = &self.set;
        manifest(namespace, name, &self.set_uid, &self.spec, &self.apply)
    }

    /// The uid of a watch that is there, if it is the set's or may be: one without a controller on the same application.
    fn uid_if_own(&self, there: Watched) -> Option<Box<str>> {
        let membership = there.membership.filter(|membership| *membership.set == *self.set.name)?;
        let is_own = membership.controller.as_deref().is_none_or(|controller| controller == self.set_uid);
        let is_own = is_own && membership.app.as_ref() == Some(&self.apply.app);
        is_own.then_some(membership.uid)
    }
}

/// Whether another client came first. To an apply with the uid of a watch that is gone the API server says that there is a
/// conflict; where another one has its name, that the uid cannot be changed.
fn is_conflict(refusal: &Status) -> bool {
    let causes = refusal.details.iter().flat_map(|details| &details.causes);
    refusal.code == 409 || causes.into_iter().any(|cause| cause.field == "metadata.uid")
}

/// A checksum of what was applied and of what is stored then. As long as both are the same, another apply does nothing.
pub(super) fn effect(mut manifest: Value, stored: &Membership) -> u64 {
    // The first apply of a watch does not know its uid.
    if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("uid");
    }
    fingerprint(&(manifest.to_string(), format!("{stored:?}")))
}
