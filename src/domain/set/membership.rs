//! What a watch says of the set that it belongs to.

use std::collections::BTreeMap;

use crate::api::{AccountName, AppId, Health, RegionId, TemplateSpec};

/// What stands in a watch with the label of a set, as far as the set has to know it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Membership {
    /// The label `saewatch.dev/set`.
    pub set: Box<str>,
    /// `metadata.uid` of the watch.
    pub uid: Box<str>,
    /// `metadata.uid` of its controller, if it has one.
    pub controller: Option<Box<str>>,
    /// The annotation `saewatch.dev/template`.
    pub template: Option<Box<str>>,
    /// Its other labels.
    pub labels: BTreeMap<Box<str>, Box<str>>,
    /// Its other annotations.
    pub annotations: BTreeMap<Box<str>, Box<str>>,
    /// `spec.appId`.
    pub app: Option<AppId>,
    /// `spec.regionId`.
    pub region: Option<RegionId>,
    /// `spec.accountRef.name`.
    pub account: Option<AccountName>,
    /// What a template may name of its spec, each field as it is stored.
    pub settings: TemplateSpec,
    /// Whether it is being deleted.
    pub is_deleting: bool,
}

/// A watch in the namespace of a set, with the set's label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SetWatch<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it says of the set.
    pub membership: &'a Membership,
    /// The health that it shows.
    pub health: Option<Health>,
}
