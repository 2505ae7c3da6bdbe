//! A watch as it streams in: for the store, and for the table of targets.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::{Deserialize, Deserializer};

use super::deserialize::read;
use super::targets::ForTargets;
use super::watched::Watched;

/// A watch as it streams in.
#[derive(Debug, Clone)]
pub(super) struct Streamed<T> {
    /// What the store keeps.
    pub(super) watch: Watched,
    /// What the table of targets keeps.
    pub(super) targets: T,
}

impl<'de, T: ForTargets> Deserialize<'de> for Streamed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (watch, targets) = read(deserializer)?;
        Ok(Self { watch, targets })
    }
}

impl<T> Resource for Streamed<T> {
    type DynamicType = ();
    type Scope = <Watched as Resource>::Scope;

    fn kind((): &()) -> Cow<'_, str> {
        Watched::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        Watched::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        <Watched as Resource>::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        Watched::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        self.watch.meta()
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.watch.meta_mut()
    }
}
