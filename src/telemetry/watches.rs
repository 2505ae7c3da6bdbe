//! What each watch shows, for metrics: a few numbers a watch, written out only when somebody scrapes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use jiff::{SignedDuration, Timestamp};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue};

use super::catalogue::{
    INVALID_WATCHES, Metric, WATCH_DESIRED_INSTANCES, WATCH_HEALTH, WATCH_INSTANCES, WATCH_INTERVAL,
    WATCH_OBSERVED, WATCH_READY, WATCH_READY_INSTANCES, WATCH_RESTARTS, WATCHES,
};
use super::samples::Samples;
use crate::api::{Condition, Counts, Health, InstanceState, RegionId, SaeAppWatchSpec, SaeAppWatchStatus};
use crate::domain::{ConditionType, Reason, Truth};

/// The watches of one time at work; gone with it, and their series too.
#[derive(Debug, Default)]
pub struct Watches(Mutex<BTreeMap<Name, Shown>>);

type Name = (Box<str>, Box<str>);

#[derive(Debug)]
enum Shown {
    Reading(Reading),
    /// It cannot be read.
    Invalid,
}

/// What one watch shows.
#[derive(Debug, Clone)]
pub struct Reading {
    app: Box<str>,
    region: Box<str>,
    health: Health,
    ready: Option<Ready>,
    counts: Option<Counts>,
    observed_at: Option<Timestamp>,
    interval: Option<SignedDuration>,
}

/// The condition Ready.
#[derive(Debug, Clone, Copy)]
struct Ready {
    status: Truth,
    reason: Option<Reason>,
}

impl Reading {
    /// What a watch with this spec and status shows. `observed_at` is the last good answer, which the status may not
    /// hold yet; `interval` is the time between its polls, if it is polled.
    pub fn new(
        spec: &SaeAppWatchSpec,
        status: &SaeAppWatchStatus,
        observed_at: Option<Timestamp>,
        interval: Option<SignedDuration>,
    ) -> Self {
        let ready = status.conditions.iter().find(|one| one.type_ == ConditionType::Ready.as_str());
        let region = status.region.as_ref().or(spec.region_id.as_ref());
        Self {
            app: spec.app_id.as_str().into(),
            region: region.map_or("", RegionId::as_str).into(),
            health: status.health.unwrap_or(Health::Unknown),
            ready: ready.and_then(Ready::of),
            counts: status.counts,
            observed_at: observed_at.or(status.observed_at.as_ref().map(|time| time.0)),
            interval,
        }
    }
}

impl Ready {
    /// Words that are none of ours, which only somebody else can have written, are no labels.
    fn of(ready: &Condition) -> Option<Self> {
        let mut statuses = [Truth::True, Truth::False, Truth::Unknown].into_iter();
        let status = statuses.find(|one| one.as_str() == ready.status)?;
        let reason = Reason::ALL.into_iter().find(|one| one.as_str() == ready.reason);
        Some(Self { status, reason })
    }

    fn reason(self) -> &'static str {
        self.reason.map_or("", Reason::as_str)
    }
}

impl Watches {
    /// Notes what a watch shows now.
    pub fn show(&self, namespace: &str, name: &str, reading: Reading) {
        self.lock().insert((namespace.into(), name.into()), Shown::Reading(reading));
    }

    /// Notes that a watch cannot be read.
    pub fn reject(&self, namespace: &str, name: &str) {
        self.lock().insert((namespace.into(), name.into()), Shown::Invalid);
    }

    /// Forgets a watch that is gone.
    pub fn forget(&self, namespace: &str, name: &str) {
        self.lock().remove(&(namespace.into(), name.into()));
    }

    /// Every change is one insertion or removal, so a panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Shown>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The watches that are worked on now, if any.
#[derive(Debug, Clone, Default)]
pub struct CurrentWatches(Arc<Mutex<Weak<Watches>>>);

impl CurrentWatches {
    /// Begins anew with no watches; those before are not shown any more.
    pub fn begin(&self) -> Arc<Watches> {
        let watches = Arc::new(Watches::default());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&watches);
        watches
    }

    fn get(&self) -> Option<Arc<Watches>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }
}

/// How many watches there are.
#[derive(Debug)]
pub struct Totals(pub CurrentWatches);

impl Collector for Totals {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut invalid = 0_u32;
        let mut valid = BTreeMap::<_, u32>::new();
        if let Some(watches) = self.0.get() {
            for shown in watches.lock().values() {
                match shown {
                    Shown::Invalid => invalid += 1,
                    Shown::Reading(Reading { health, ready, .. }) => {
                        let kind = (health.as_str(), ready.map_or("", Ready::reason));
                        *valid.entry(kind).or_default() += 1;
                    }
                }
            }
        }
        let mut samples = WATCHES.write(&mut encoder)?;
        for ((health, reason), count) in valid {
            samples.gauge([health, reason], count)?;
        }
        INVALID_WATCHES.gauge(&mut encoder, invalid)
    }
}

/// One metric of each watch.
#[derive(Debug)]
pub struct PerWatch {
    watches: CurrentWatches,
    metric: Metric,
    write: Write,
}

/// Writes the samples of one watch.
type Write = fn(&Reading, Line<'_, '_>) -> fmt::Result;

/// The place of one watch in a metric.
pub struct Line<'a, 'e> {
    samples: &'a mut Samples<'e>,
    watch: [&'a str; 4],
}

const FAMILIES: [(Metric, Write); 8] = [
    (WATCH_HEALTH, |watch, mut line| line.add_with(watch.health.as_str(), 1)),
    (WATCH_READY, |watch, line| {
        let Some(ready) = watch.ready else { return Ok(()) };
        let [namespace, name, app, region] = line.watch;
        let labels = [namespace, name, app, region, ready.status.as_str(), ready.reason()];
        line.samples.gauge(labels, u32::from(ready.status == Truth::True))
    }),
    (WATCH_READY_INSTANCES, |watch, mut line| watch.counts.map_or(Ok(()), |counts| line.add(counts.ready))),
    (WATCH_DESIRED_INSTANCES, |watch, mut line| {
        watch.counts.and_then(|counts| counts.desired).map_or(Ok(()), |desired| line.add(desired))
    }),
    (WATCH_INSTANCES, |watch, mut line| {
        let Some(counts) = watch.counts else { return Ok(()) };
        let mut by_state = by_state(counts).into_iter().filter(|(_, count)| *count > 0);
        by_state.try_for_each(|(state, count)| line.add_with(state.as_str(), count))
    }),
    (WATCH_RESTARTS, |watch, mut line| watch.counts.map_or(Ok(()), |counts| line.add(counts.restarts))),
    (WATCH_OBSERVED, |watch, mut line| watch.observed_at.map_or(Ok(()), |at| line.add(at.as_second()))),
    (WATCH_INTERVAL, |watch, mut line| {
        watch.interval.map_or(Ok(()), |interval| line.add(interval.as_secs_f64()))
    }),
];

fn by_state(counts: Counts) -> [(InstanceState, i64); 6] {
    let Counts {
        desired: _,
        total: _,
        ready,
        starting,
        unhealthy,
        failing,
        terminating,
        unknown,
        missing: _,
        restarts: _,
    } = counts;
    [
        (InstanceState::Ready, ready),
        (InstanceState::Starting, starting),
        (InstanceState::Unhealthy, unhealthy),
        (InstanceState::Failing, failing),
        (InstanceState::Terminating, terminating),
        (InstanceState::Unknown, unknown),
    ]
}

impl Line<'_, '_> {
    fn add(&mut self, value: impl EncodeGaugeValue + Copy) -> fmt::Result {
        self.samples.gauge(self.watch, value)
    }

    /// With the value of one more label.
    fn add_with(&mut self, label: &str, value: impl EncodeGaugeValue + Copy) -> fmt::Result {
        let [namespace, name, app, region] = self.watch;
        self.samples.gauge([namespace, name, app, region, label], value)
    }
}

impl PerWatch {
    /// Every metric of each watch.
    pub fn all(watches: &CurrentWatches) -> Vec<Self> {
        FAMILIES
            .iter()
            .map(|(metric, write)| Self { watches: watches.clone(), metric: *metric, write: *write })
            .collect()
    }
}

impl Collector for PerWatch {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(watches) = self.watches.get() else { return Ok(()) };
        let mut samples = self.metric.write(&mut encoder)?;
        for ((namespace, name), shown) in watches.lock().iter() {
            if let Shown::Reading(reading) = shown {
                let watch = [namespace, name, &*reading.app, &*reading.region];
                (self.write)(reading, Line { samples: &mut samples, watch })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;
    use serde_json::json;

    fn reading() -> Reading {
        let spec = serde_json::from_value(json!({"appId": "app-1"})).unwrap();
        let status = serde_json::from_value(json!({
            "health": "Degraded",
            "region": "cn-hangzhou",
            "conditions": [{
                "type": "Ready", "status": "True", "reason": "Observed", "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }],
            "counts": {
                "desired": 3, "total": 3, "ready": 2, "starting": 0, "unhealthy": 0, "failing": 1,
                "terminating": 0, "unknown": 0, "missing": 0, "restarts": 7,
            },
            "observedAt": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        let observed = "2026-01-01T00:01:00Z".parse().unwrap();
        Reading::new(&spec, &status, Some(observed), Some(SignedDuration::from_secs(90)))
    }

    fn scraped(current: &CurrentWatches) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Totals(current.clone())));
        for family in PerWatch::all(current) {
            registry.register_collector(Box::new(family));
        }
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        samples.join("\n")
    }

    const OF_SHOP: &str = r#"{namespace="team-a",name="shop",app="app-1",region="cn-hangzhou""#;

    #[test]
    fn a_watch_shows_what_is_and_nothing_that_is_not() {
        let current = CurrentWatches::default();
        let watches = current.begin();
        watches.show("team-a", "shop", reading());
        let text = scraped(&current);
        let shown: Vec<&str> = text.lines().filter(|line| line.contains("shop")).collect();
        let expected = [
            ("health", r#",health="Degraded""#, "1"),
            ("ready", r#",status="True",reason="Observed""#, "1"),
            ("ready_instances", "", "2"),
            ("desired_instances", "", "3"),
            ("instances", r#",state="Ready""#, "2"),
            ("instances", r#",state="Failing""#, "1"),
            ("restarts", "", "7"),
            ("observed_timestamp_seconds", "", "1767225660"),
            ("effective_interval_seconds", "", "90.0"),
        ];
        let expected =
            expected.map(|(name, label, value)| format!("saewatch_watch_{name}{OF_SHOP}{label}}} {value}"));
        assert_eq!(shown, expected);
    }

    #[test]
    fn watches_are_counted_by_health_and_those_that_cannot_be_read_apart() {
        let current = CurrentWatches::default();
        let watches = current.begin();
        watches.show("team-a", "shop", reading());
        watches.reject("team-a", "broken");
        let text = scraped(&current);
        assert!(text.contains(r#"saewatch_watches{health="Degraded",reason="Observed"} 1"#), "{text}");
        assert!(text.contains("saewatch_invalid_watches 1"), "{text}");
        watches.show("team-a", "broken", reading());
        assert!(scraped(&current).contains("saewatch_invalid_watches 0"));
    }

    #[test]
    fn series_vanish_with_their_watch_and_with_the_work() {
        let current = CurrentWatches::default();
        let watches = current.begin();
        watches.show("team-a", "shop", reading());
        watches.show("team-a", "cart", reading());
        watches.forget("team-a", "shop");
        assert!(!scraped(&current).contains("shop") && scraped(&current).contains("cart"));
        drop(watches);
        assert!(!scraped(&current).contains("cart"));
    }

    #[test]
    fn whoever_worked_before_shows_nothing_any_more() {
        let current = CurrentWatches::default();
        let (before, _now) = (current.begin(), current.begin());
        before.show("team-a", "shop", reading());
        assert!(!scraped(&current).contains("shop"));
    }
}
