//! What a watch says of the set that it belongs to.

use crate::api::{AccountName, AppId, Health, RegionId, TemplateSpec};

/// Keys and values, each key once. Slices: there may be a thousand of them a set, and a map of one entry takes as much
/// memory as one of eleven.
pub type Texts = Box<[(Box<str>, Box<str>)]>;

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
    pub labels: Texts,
    /// Its other annotations.
    pub annotations: Texts,
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
