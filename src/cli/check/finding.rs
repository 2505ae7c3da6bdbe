//! What one check found: SAE's response, and what the operator's own decision makes of it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::api::{
    AppId, AppName, Diagnosis, Health, RegionId, SaeAppWatch, SaeAppWatchSpec, SaeAppWatchStatus,
    StoredMemory,
};
use crate::domain::freshness::whole_seconds;
use crate::domain::{
    Access, Attempt, Failure, FailureClass, Identity, Input, InstanceMemo, InstanceMemos, ListFingerprint,
    Memory, Meta, NamedTarget, Observation, Pace, Reason, Settings, Target, TargetRef, decide,
};
use crate::sae::{Class, Client};

/// One watch as it was found.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    /// The watch with the status that the operator would write.
    pub(super) watch: SaeAppWatch,
    /// The region that is asked; none without one.
    pub(super) region: Option<RegionId>,
    /// What SAE answered, or why it did not; `None` for a watch that was not asked about.
    pub(super) answer: Option<Answer>,
    /// What stands in the cluster, for a watch that comes from one.
    pub(super) stored: Option<SaeAppWatchStatus>,
    /// What SAE says happened, if it was asked.
    pub(super) diagnosis: Option<Arc<Diagnosis>>,
}

/// What became of one question to SAE.
pub(super) type Answer = Result<Observation, Failure>;

impl Finding {
    /// The application, by its name or its id.
    pub(super) fn app(&self) -> &str {
        self.watch.status.as_ref().map_or("", |status| self.app_of(status))
    }

    /// The application as a status names it. A cluster that this version did not write into yet names none.
    pub(super) fn app_of<'a>(&'a self, status: &'a SaeAppWatchStatus) -> &'a str {
        let SaeAppWatchSpec { app_id, app_name, .. } = &self.watch.spec;
        let named = app_name.as_ref().map(AppName::as_str).or(app_id.as_ref().map(AppId::as_str));
        status.app.as_deref().or(named).unwrap_or("")
    }

    /// How the application is.
    pub(super) fn health(&self) -> Option<Health> {
        self.watch.status.as_ref().and_then(|status| status.health)
    }

    /// Whether there were no keys to ask with.
    pub(super) fn lacks_keys(&self) -> bool {
        let failure = self.answer.as_ref().and_then(|answer| answer.as_ref().err());
        failure.is_some_and(|failure| failure.class == FailureClass::Permanent(Reason::CredentialsMissing))
    }

    /// Why there is no answer, in words for who asked: the advice of a status is for who runs the operator.
    pub(super) fn trouble(&self) -> Option<&str> {
        match &self.answer {
            Some(Err(failure)) => Some(&failure.message),
            None if self.watch.spec.contradiction().is_some() => self.watch.spec.contradiction(),
            None if self.region.is_none() => {
                Some("the watch has no region: give --region REGION, or set spec.regionId")
            }
            Some(Ok(_)) | None => None,
        }
    }
}

/// Asks SAE once.
pub(super) async fn ask(client: &Client, watch: &SaeAppWatch, target: &Target) -> Answer {
    client.observe(target, watch.spec.timeout.value()).await.map_err(|error| error.failure())
}

/// Asks SAE which application has the name. The id that is known serves where SAE does not say.
pub(super) async fn ask_for_id(
    client: &Client,
    watch: &SaeAppWatch,
    target: &NamedTarget,
    known: Option<&AppId>,
) -> Result<AppId, Failure> {
    let NamedTarget { region, app: named, .. } = target;
    let found = client.find(region, named, watch.spec.timeout.value()).await;
    match (found, known) {
        (Err(error), Some(known)) if error.class != Class::NotFound => Ok(known.clone()),
        (found, _) => found.map_err(|error| error.failure()),
    }
}

/// What the operator would make of this answer after the one before, or if it were its first; but at once, without
/// waiting for a second poll. Of a suspended watch too: who asks wants to know.
pub(super) fn find(
    watch: &SaeAppWatch,
    before: Option<&SaeAppWatchStatus>,
    answer: Option<Answer>,
    identity: &Identity,
    access: &Access,
) -> Finding {
    // What SAE does not say now is not shown as if it did.
    let before = before.filter(|_| matches!(answer, Some(Ok(_))));
    let instances: InstanceMemos =
        before.into_iter().flat_map(|before| &before.instances).map(InstanceMemo::from).collect();
    let last = before.map(undamped);
    let mut watch = watch.clone();
    let mut spec = watch.spec.clone();
    spec.suspend = false;
    let generation = watch.metadata.generation.unwrap_or(0);
    // The operator's default: it only says when what was found here would get stale.
    let settings = Settings { heartbeat: SignedDuration::from_mins(5), default_region: None };
    let decision = decide(&Input {
        spec: &spec,
        unreadable: spec.contradiction(),
        meta: Meta { generation, uid: "", created_at: None, request: None },
        last: last.as_ref(),
        list: ListFingerprint::default(),
        instances: &instances,
        observation: answer.as_ref().and_then(|answer| answer.as_ref().ok()),
        settings: &settings,
        access,
        identity,
        pace: &pace(generation, answer.as_ref()),
        memory: &Memory::default(),
        now: whole_seconds(Timestamp::now()),
    });
    let mut status = decision.write.or(last).unwrap_or_default();
    status.instances = decision.list.unwrap_or_default();
    let stored = watch.status.replace(status);
    let region = TargetRef::new(&watch.spec, None, access).map(|wanted| wanted.region().clone());
    Finding { watch, region, answer, stored, diagnosis: None }
}

/// A status that damps nothing: only from a health that is shown are steps taken slowly (contract §5).
fn undamped(before: &SaeAppWatchStatus) -> SaeAppWatchStatus {
    let memory = StoredMemory { streak: None, ..before.memory.clone() };
    SaeAppWatchStatus { health: None, memory, instances: Vec::new(), ..before.clone() }
}

/// How the polls would go. A check that failed is not repeated, so what the operator says after it has tried for long
/// enough is said at once.
fn pace(generation: i64, answer: Option<&Answer>) -> Pace {
    let generation = Some(generation);
    match answer {
        Some(Ok(_)) => Pace { last: Some(Attempt::Observed), generation, ..Pace::default() },
        Some(Err(failure)) => Pace {
            last: Some(Attempt::Failed(failure.clone())),
            failures: u32::MAX,
            waiting_since: Some(Timestamp::UNIX_EPOCH),
            generation,
            ..Pace::default()
        },
        None => Pace::default(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::api::{InstanceState, Time};
    use crate::domain::{ObservedGroup, ObservedInstance};

    fn watch() -> SaeAppWatch {
        let spec = serde_json::from_value(serde_json::json!({"appId": "a", "regionId": "cn-hangzhou"}));
        SaeAppWatch::new("a", spec.unwrap())
    }

    /// One instance that was restarted, in this state of its container.
    fn answer(container: &str) -> Observation {
        let group = ObservedGroup {
            id: "g".into(),
            name: None,
            replicas: Some(1),
            image: None,
            package_version: None,
        };
        let instance = ObservedInstance {
            id: "i".into(),
            container: Some(container.into()),
            health: Some("Healthy".into()),
            restarts: Some(3),
            ..ObservedInstance::default()
        };
        Observation {
            at: Timestamp::now(),
            groups: [group].into(),
            instances: vec![instance],
            stopped: false,
        }
    }

    fn status(before: Option<&SaeAppWatchStatus>, answer: Option<Observation>) -> SaeAppWatchStatus {
        find(&watch(), before, answer.map(Ok), &Identity::default(), &Access::own(None)).watch.status.unwrap()
    }

    /// A cluster may have a CRD without the rules.
    #[test]
    fn a_watch_that_names_no_application_is_not_asked_about_and_says_why() {
        let spec = serde_json::from_value(serde_json::json!({"regionId": "cn-hangzhou"})).unwrap();
        let watch = SaeAppWatch::new("a", spec);
        let finding = find(&watch, None, None, &Identity::default(), &Access::own(None));
        assert_eq!(finding.trouble(), Some("exactly one of appId and appName must be given"));
        let status = finding.watch.status.unwrap();
        assert_eq!((status.reason.as_deref(), status.app), (Some("InvalidSpec"), None));
    }

    #[test]
    fn an_instance_that_has_been_starting_for_too_long_is_failing_as_in_the_cluster() {
        let mut before = status(None, Some(answer("Pending")));
        assert_eq!(before.instances[0].state, InstanceState::Starting);
        before.instances[0].since = Time(before.instances[0].since.0 - SignedDuration::from_hours(1));
        let now = status(Some(&before), Some(answer("Pending")));
        assert_eq!(now.instances[0].reason, "ProgressDeadlineExceeded");
        assert_eq!(now.instances[0].since, before.instances[0].since);
    }

    #[test]
    fn what_sae_says_now_waits_for_no_second_poll_and_is_not_kept_through_a_failure() {
        let before = status(None, Some(answer("Running")));
        assert_eq!(before.health, Some(Health::Healthy));
        let now = status(Some(&before), Some(answer("Error")));
        assert_eq!(now.health, Some(Health::Unhealthy));
        let later = status(Some(&now), None);
        assert_eq!((later.health, later.instances.len()), (Some(Health::Unknown), 0));
    }
}
