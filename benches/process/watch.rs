//! One watch in memory: decides on answers, and keeps what the next decision needs, as the operator does.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use saewatch::api::{SaeAppWatchSpec, SaeAppWatchStatus};
use saewatch::domain::{
    Access, Account, Decision, Input, InstanceMemo, InstanceMemos, ListFingerprint, Memory, Meta,
    Observation, Pace, Settings, decide,
};
use serde_json::json;

use crate::Result;

/// A watch with its status.
pub struct Watch {
    spec: SaeAppWatchSpec,
    settings: Settings,
    access: Access,
    status: Option<SaeAppWatchStatus>,
    list: ListFingerprint,
    instances: InstanceMemos,
    memory: Memory,
}

impl Watch {
    /// Of an application in this account.
    pub fn new(app: &str, account: Option<Arc<Account>>) -> Result<Self> {
        Ok(Self {
            spec: serde_json::from_value(json!({"appId": app}))?,
            settings: Settings { heartbeat: SignedDuration::from_mins(5), default_region: None },
            access: Access { account, ..Access::own(Some("cn-hangzhou".parse()?)) },
            status: None,
            list: ListFingerprint::default(),
            instances: InstanceMemos::default(),
            memory: Memory::default(),
        })
    }

    /// Decides on an answer.
    pub fn decide(&self, observation: &Observation, pace: &Pace, now: Timestamp) -> Decision {
        decide(&Input {
            unreadable: None,
            spec: &self.spec,
            meta: Meta {
                generation: 1,
                uid: "5389a38e-7401-4bf1-901a-c0c2d7c2047d",
                created_at: None,
                request: None,
            },
            last: self.status.as_ref(),
            list: self.list,
            instances: &self.instances,
            observation: Some(observation),
            settings: &self.settings,
            identity: &saewatch::domain::Identity::default(),
            access: &self.access,
            pace,
            memory: &self.memory,
            now,
        })
    }

    /// Makes every answer one that has to be rendered, also if the one before said the same.
    pub fn forget_unchanged(&mut self) {
        self.memory.unchanged = None;
    }

    /// Stores what was decided; whether there was anything to write.
    pub fn take(&mut self, decision: Decision) -> bool {
        let Decision { write, is_deferred, list, events: _, wake: _, memory } = decision;
        self.memory = memory;
        let Some(status) = write.filter(|_| !is_deferred) else { return false };
        if let Some(list) = &list {
            self.list = ListFingerprint::new(list.iter().cloned());
            self.instances = list.iter().map(InstanceMemo::from).collect();
        }
        self.memory.note_write(&status, list.as_deref(), Some(&status), self.list);
        self.status = Some(status);
        true
    }
}
