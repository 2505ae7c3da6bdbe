//! Whether a watch still says what its set names.

use std::collections::BTreeMap;

use super::membership::{Membership, Texts};
use crate::api::{RegionId, SaeAppWatchSetSpec, TemplateHealth, TemplateInstances, TemplateSpec};

/// Whether each field that the set names is stored with the set's value: what a person changed by hand comes back, and
/// what the set does not name stays theirs.
pub(super) fn is_as_named(watch: &Membership, spec: &SaeAppWatchSetSpec, region: &RegionId) -> bool {
    let metadata = &spec.template.metadata;
    let account = spec.account_ref.as_ref().map(|account| &account.name);
    watch.region.as_ref() == Some(region)
        && is(account, watch.account.as_ref())
        && has_texts(&metadata.labels, &watch.labels)
        && has_texts(&metadata.annotations, &watch.annotations)
        && has_settings(&spec.template.spec, &watch.settings)
}

fn has_texts(named: &BTreeMap<String, String>, stored: &Texts) -> bool {
    named.iter().all(|(key, value)| stored.iter().any(|(k, v)| **k == **key && **v == **value))
}

fn has_settings(named: &TemplateSpec, stored: &TemplateSpec) -> bool {
    let TemplateSpec { interval, timeout, suspend, health, instances } = named;
    is(interval.as_ref(), stored.interval.as_ref())
        && is(timeout.as_ref(), stored.timeout.as_ref())
        && is(suspend.as_ref(), stored.suspend.as_ref())
        && health.as_ref().is_none_or(|named| stored.health.as_ref().is_some_and(|it| has_health(named, it)))
        && instances.as_ref().is_none_or(|TemplateInstances { limit }| {
            stored.instances.as_ref().is_some_and(|stored| is(limit.as_ref(), stored.limit.as_ref()))
        })
}

fn has_health(named: &TemplateHealth, stored: &TemplateHealth) -> bool {
    let TemplateHealth {
        min_healthy_percent,
        unhealthy_below_percent,
        require_health_check,
        progress_deadline,
        unhealthy_threshold,
        healthy_threshold,
    } = named;
    is(min_healthy_percent.as_ref(), stored.min_healthy_percent.as_ref())
        && is(unhealthy_below_percent.as_ref(), stored.unhealthy_below_percent.as_ref())
        && is(require_health_check.as_ref(), stored.require_health_check.as_ref())
        && is(progress_deadline.as_ref(), stored.progress_deadline.as_ref())
        && is(unhealthy_threshold.as_ref(), stored.unhealthy_threshold.as_ref())
        && is(healthy_threshold.as_ref(), stored.healthy_threshold.as_ref())
}

fn is<T: PartialEq>(named: Option<&T>, stored: Option<&T>) -> bool {
    named.is_none() || named == stored
}
