//! Telling events: created directly in `events.k8s.io/v1`, without series (contract §7).
//!
//! kube's Recorder keeps the first note of a series; ours each say what happened now.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event as KubeEvent;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client, ResourceExt};

use super::watched::Watched;
use crate::api::{GROUP, KIND, VERSION};
use crate::domain::{Event, EventType};

/// Who reports, in every event.
const CONTROLLER: &str = "saewatch.dev/operator";

/// Writes events.
#[derive(Clone)]
pub struct Events {
    client: Client,
    instance: String,
}

/// How many events of a watch may be told: 25, then one every 5 minutes, as client-go's correlator has it for a
/// source and an object; Warning and Normal apart, so that no chatter can hide a warning.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budgets {
    normal: Budget,
    warning: Budget,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Budget {
    left: u32,
    filled_at: Timestamp,
}

const BURST: u32 = 25;
const REFILL: SignedDuration = SignedDuration::from_mins(5);

impl Budgets {
    /// Budgets of which nothing was spent.
    pub fn full(now: Timestamp) -> Self {
        let budget = Budget { left: BURST, filled_at: now };
        Self { normal: budget, warning: budget }
    }

    /// Takes one event of a kind out of its budget; false when the budget is spent.
    pub fn take(&mut self, kind: EventType, now: Timestamp) -> bool {
        let budget = match kind {
            EventType::Normal => &mut self.normal,
            EventType::Warning => &mut self.warning,
        };
        budget.take(now)
    }
}

impl Budget {
    fn take(&mut self, now: Timestamp) -> bool {
        let earned = now.duration_since(self.filled_at).as_secs() / REFILL.as_secs();
        if earned > 0 {
            self.left = BURST.min(self.left.saturating_add(u32::try_from(earned).unwrap_or(BURST)));
            self.filled_at = if self.left == BURST {
                now
            } else {
                self.filled_at + REFILL * i32::try_from(earned).unwrap_or(1)
            };
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

impl Events {
    /// Events told in the name of this replica.
    pub fn new(client: Client, instance: String) -> Self {
        Self { client, instance }
    }

    /// Tells one. An event that is there already was told before (contract §7).
    ///
    /// # Errors
    /// When it cannot be written: namespace terminating, quota, rights. The caller counts it and goes on.
    pub async fn tell(&self, watch: &Watched, event: &Event, now: Timestamp) -> Result<(), kube::Error> {
        let namespace = watch.namespace().unwrap_or_default();
        let api: Api<KubeEvent> = Api::namespaced(self.client.clone(), &namespace);
        match api.create(&PostParams::default(), &self.word(watch, event, now)).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn word(&self, watch: &Watched, event: &Event, now: Timestamp) -> KubeEvent {
        let namespace = watch.namespace();
        KubeEvent {
            metadata: ObjectMeta {
                name: Some(event.name.clone()),
                namespace: namespace.clone(),
                ..ObjectMeta::default()
            },
            event_time: Some(MicroTime(now)),
            action: Some(event.action.into()),
            reason: Some(event.reason.as_str().into()),
            type_: Some(
                match event.kind {
                    EventType::Normal => "Normal",
                    EventType::Warning => "Warning",
                }
                .into(),
            ),
            note: Some(event.note.clone()),
            reporting_controller: Some(CONTROLLER.into()),
            reporting_instance: Some(self.instance.clone()),
            regarding: Some(ObjectReference {
                api_version: Some(format!("{GROUP}/{VERSION}")),
                kind: Some(KIND.into()),
                name: Some(watch.name_any()),
                namespace,
                uid: watch.uid(),
                ..ObjectReference::default()
            }),
            ..KubeEvent::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_25_and_then_one_every_5_minutes() {
        let start = Timestamp::UNIX_EPOCH;
        let mut budgets = Budgets::full(start);
        let told = (0..100).filter(|_| budgets.take(EventType::Normal, start)).count();
        assert_eq!(told, 25);
        assert!(budgets.take(EventType::Warning, start), "warnings have their own");
        let later = |minutes| start + SignedDuration::from_mins(minutes);
        assert!(!budgets.take(EventType::Normal, later(4)));
        assert!(budgets.take(EventType::Normal, later(5)));
        assert!(!budgets.take(EventType::Normal, later(9)));
        let after_a_day = (0..100).filter(|_| budgets.take(EventType::Normal, later(1440))).count();
        assert_eq!(after_a_day, 25);
    }
}
