//! One watch that a set applies.

use crate::api::{AppId, RegionId};

/// One watch that is to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apply {
    /// The name of the watch.
    pub name: String,
    /// The region of the application.
    pub region: RegionId,
    /// The application.
    pub app: AppId,
    /// `metadata.uid` of the watch, if it is there.
    pub uid: Option<Box<str>>,
}
