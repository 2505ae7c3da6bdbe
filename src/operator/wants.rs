//! What a watch wants of the polls, read off its spec and its status.

use std::sync::Arc;

use jiff::Timestamp;

use super::watched::Watched;
use crate::api::{Health, NEVER_OBSERVED, SaeAppWatchSpec, SaeAppWatchStatus};
use crate::domain::text::{TEXT_BYTES, clean};
use crate::domain::{Settings, Target};
use crate::poll::{Attention, Want};

/// The want of a watch; `None` while it wants nothing: suspended, on its way out, or without a region.
pub fn want(
    watch: &Watched,
    spec: &SaeAppWatchSpec,
    status: Option<&SaeAppWatchStatus>,
    settings: &Settings,
    now: Timestamp,
) -> Option<Want> {
    if spec.suspend || watch.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let target = Arc::new(Target::new(spec, settings.default_region.as_ref())?);
    let fresh_since = status.and_then(|status| {
        let is_stale = status.stale_after.as_ref().is_some_and(|stale| now > stale.0);
        status.observed_at.as_ref().map(|time| time.0).filter(|_| !is_stale)
    });
    let handled = status.and_then(|status| status.last_handled_request.as_deref());
    let request = watch.request().map(|token| clean(token, TEXT_BYTES));
    Some(Want {
        target,
        interval: spec.interval.value(),
        timeout: spec.timeout.value(),
        generation: watch.metadata.generation.unwrap_or(0),
        observed_generation: status.map_or(NEVER_OBSERVED, |status| status.observed_generation),
        request: request.filter(|token| !token.is_empty() && Some(token.as_str()) != handled),
        fresh_since,
        attention: Attention {
            health: status.and_then(|status| status.health).unwrap_or(Health::Unknown),
            changed_at: status.and_then(|status| status.last_transition_at.as_ref()).map(|time| time.0),
        },
        confirm: status.is_some_and(|status| status.streak.is_some()),
    })
}
