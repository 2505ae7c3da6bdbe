//! What is known of the applications of a region.

use std::sync::Arc;

use jiff::Timestamp;

use crate::api::AppId;
use crate::domain::Failure;

/// One application, as a list has it. Of those that are being deleted there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedApp {
    /// AppId.
    pub id: AppId,
    /// AppName, as it came.
    pub name: Option<Box<str>>,
    /// NamespaceId, as it came.
    pub namespace: Option<Box<str>>,
    /// Tags: keys and values, as they came.
    pub tags: Box<[(Box<str>, Box<str>)]>,
}

/// One list of the applications of a region that was read to its end, and that says what it says in earnest: complete, or
/// with a difference that three lists in a row had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionList {
    /// Its number among the lists of this region that this process has read; later ones have larger numbers.
    pub sequence: u64,
    /// The number of the first list of the row of complete lists that this one is in: no list between the two was
    /// incomplete, failed or refused. Its own number where it is not complete.
    pub row_start: u64,
    /// When reading it began.
    pub read_at: Timestamp,
    /// By how many SAE's own count exceeds it. One with a difference may add watches, and makes no orphan.
    pub difference: Option<i64>,
    /// The applications, each once.
    pub applications: Vec<ListedApp>,
}

/// How the lists of a region stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegionLists {
    /// The newest list that says something.
    pub list: Option<Arc<RegionList>>,
    /// The difference of the newest list that was read to its end, until three lists in a row have it.
    pub unsettled: Option<i64>,
    /// Lists that failed or were refused in a row.
    pub failures: u32,
    /// How the newest of them ended.
    pub failure: Option<Failure>,
}
