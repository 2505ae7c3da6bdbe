//! What one look found: SAE's answer, and what the operator's own decision makes of it.

use jiff::{SignedDuration, Timestamp};

use crate::api::{Health, RegionId, SaeAppWatch, SaeAppWatchStatus};
use crate::domain::freshness::whole_seconds;
use crate::domain::{
    Attempt, Facts, Failure, Input, ListDigest, Memory, Meta, Observation, Pace, Settings, Target, decide,
};
use crate::sae::Client;

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
}

/// What became of one question to SAE.
pub(super) type Answer = Result<Observation, Failure>;

impl Finding {
    /// How the application is.
    pub(super) fn health(&self) -> Option<Health> {
        self.watch.status.as_ref().and_then(|status| status.health)
    }

    /// Why there is no answer.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.answer.as_ref()?.as_ref().err()
    }
}

/// The operator's settings. The heartbeat is its default: it only says when what was found here would get stale.
pub(super) fn settings(default_region: Option<RegionId>) -> Settings {
    Settings { heartbeat: SignedDuration::from_mins(5), default_region }
}

/// Asks SAE once.
pub(super) async fn ask(client: &Client, watch: &SaeAppWatch, target: &Target) -> Answer {
    client.observe(target, watch.spec.timeout.value()).await.map_err(|error| error.failure())
}

/// What the operator would make of this answer if it were its first. Of a suspended watch too: who asks wants to know.
pub(super) fn find(watch: &SaeAppWatch, answer: Option<Answer>, settings: &Settings) -> Finding {
    let mut watch = watch.clone();
    let mut spec = watch.spec.clone();
    spec.suspend = false;
    let generation = watch.metadata.generation.unwrap_or(0);
    let decision = decide(&Input {
        spec: &spec,
        meta: Meta { generation, uid: "", request: None },
        last: None,
        list: ListDigest::default(),
        facts: &Facts::default(),
        observation: answer.as_ref().and_then(|answer| answer.as_ref().ok()),
        settings,
        pace: &pace(generation, answer.as_ref()),
        memory: &Memory::default(),
        now: whole_seconds(Timestamp::now()),
    });
    let mut status = decision.status;
    status.instances = decision.list.unwrap_or_default();
    let stored = watch.status.replace(status);
    let region = watch.spec.region_id.as_ref().or(settings.default_region.as_ref()).cloned();
    Finding { watch, region, answer, stored }
}

/// How the polls would go. A look that failed is not repeated, so what the operator says after it has tried for long
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
