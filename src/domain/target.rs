//! What is asked of SAE: the part of a spec that decides which answer comes back.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fingerprint::fingerprint;
use crate::api::{AccountId, AccountName, AppId, RegionId, SaeId};

/// An account that a watch names. With either of the two another one it is another account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// The name of its SaeAccount.
    pub name: AccountName,
    /// Its number.
    pub id: AccountId,
}

/// One question to SAE. Two watches with equal targets share one poll.
///
/// `groups: None` asks for whatever groups there are and is another target than all of them named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target<A = AppId> {
    /// The account that is asked, if the watch names one. An application that is watched through two names is polled
    /// twice.
    pub account: Option<Arc<Account>>,
    /// The region that is asked.
    pub region: RegionId,
    /// The application.
    pub app: A,
    /// The groups named by the spec, or all.
    pub groups: Option<BTreeSet<SaeId>>,
    /// SAE's filter on one instance.
    pub instance: Option<SaeId>,
    /// SAE's filter on one deployment batch.
    pub pipeline: Option<SaeId>,
}

impl Target {
    /// A whole application: all its groups, no filter.
    pub fn application(region: RegionId, app: AppId) -> Self {
        Self { account: None, region, app, groups: None, instance: None, pipeline: None }
    }

    /// What is remembered of the target of each watch, where it is only compared.
    pub fn fingerprint(&self) -> u64 {
        fingerprint(self)
    }

    /// Whether SAE is asked for some of the instances only, so that group counts say nothing about them.
    pub fn is_filtered(&self) -> bool {
        self.instance.is_some() || self.pipeline.is_some()
    }
}
