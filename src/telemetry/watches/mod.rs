//! What each watch shows, for metrics: a few numbers a watch, written out at each scrape.

mod reading;
mod series;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

pub(crate) use reading::Reading;
pub(super) use series::PerWatch;

use super::catalogue::{INVALID_WATCHES, WATCHES};
use crate::api::AccountName;
use crate::domain::Reason;

/// The watches of one time at work; gone with it, and their series too. Boxed: a node of the tree has room for eleven.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    watches: BTreeMap<Name, Box<Shown>>,
    /// The accounts that watches name, so that the series of all of them share one text.
    accounts: BTreeSet<Arc<AccountName>>,
}

/// Namespace and name, in texts that are shared with the operator.
type Name = (Arc<str>, Arc<str>);

#[derive(Debug)]
enum Shown {
    /// What it shows, and the account that it names. The pointer is thin: ten thousand watches have one.
    Reading(Reading, Option<Arc<AccountName>>),
    /// It cannot be read.
    Invalid,
}

impl Watches {
    /// Notes what a watch on an application of this account shows now.
    pub(crate) fn show(
        &self,
        namespace: &Arc<str>,
        name: &Arc<str>,
        account: Option<&AccountName>,
        reading: Reading,
    ) {
        let mut state = self.lock();
        let account = account.map(|account| state.share(account));
        state.watches.insert((namespace.clone(), name.clone()), Box::new(Shown::Reading(reading, account)));
    }

    /// Notes that a watch cannot be read.
    pub(crate) fn reject(&self, namespace: &Arc<str>, name: &Arc<str>) {
        self.lock().watches.insert((namespace.clone(), name.clone()), Box::new(Shown::Invalid));
    }

    /// Forgets a watch that is gone.
    pub(crate) fn forget(&self, namespace: &Arc<str>, name: &Arc<str>) {
        self.lock().watches.remove(&(namespace.clone(), name.clone()));
    }

    /// The names in ranges that hold so many watches now. A watch that comes later is in one of them, too.
    fn ranges(&self, size: usize) -> Vec<(Bound<Name>, Bound<Name>)> {
        let starts: Vec<Name> = self.lock().watches.keys().step_by(size).skip(1).cloned().collect();
        let ends = starts.iter().cloned().map(Bound::Excluded).chain([Bound::Unbounded]);
        let begins = [Bound::Unbounded].into_iter().chain(starts.iter().cloned().map(Bound::Included));
        begins.zip(ends).collect()
    }

    /// Every change is one insertion or removal, so a panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The copy of a name that all series hold.
    fn share(&mut self, account: &AccountName) -> Arc<AccountName> {
        if let Some(shared) = self.accounts.get(account) {
            return shared.clone();
        }
        // Names that no series holds any more go when another one comes.
        self.accounts.retain(|name| Arc::strong_count(name) > 1);
        let shared = Arc::new(account.clone());
        self.accounts.insert(shared.clone());
        shared
    }
}

/// The watches that are worked on now, if any.
#[derive(Debug, Clone, Default)]
pub(crate) struct CurrentWatches(Arc<Mutex<Weak<Watches>>>);

impl CurrentWatches {
    /// Begins anew with no watches; those before are not shown any more.
    pub(crate) fn begin(&self) -> Arc<Watches> {
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
pub(super) struct Totals(pub CurrentWatches);

impl Collector for Totals {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let current = self.0.get();
        let state = current.as_deref().map(Watches::lock);
        let mut invalid = 0_u32;
        let mut valid = BTreeMap::<_, u32>::new();
        for shown in state.iter().flat_map(|state| state.watches.values()) {
            match &**shown {
                Shown::Invalid => invalid += 1,
                Shown::Reading(Reading { health, reason, .. }, account) => {
                    let account = account.as_deref().map_or("", AccountName::as_str);
                    let kind = [health.as_str(), reason.map_or("", Reason::as_str), account];
                    *valid.entry(kind).or_default() += 1;
                }
            }
        }
        let mut samples = WATCHES.write(&mut encoder)?;
        for (kind, count) in valid {
            samples.gauge(kind, count)?;
        }
        INVALID_WATCHES.gauge(&mut encoder, invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SaeAppWatchStatus;
    use crate::domain::Access;
    use jiff::SignedDuration;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;
    use serde_json::json;

    fn reading() -> Reading {
        let spec = serde_json::from_value(json!({"appId": "app-1"})).unwrap();
        let status = serde_json::from_value(json!({
            "health": "Degraded",
            "reason": "InstancesFailing",
            "lastTransitionAt": "2026-01-01T00:00:30Z",
            "region": "cn-hangzhou",
            "conditions": [
                {
                    "type": "Ready", "status": "True", "reason": "Observed", "message": "",
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                },
                {
                    "type": "AppHealthy", "status": "False", "reason": "InstancesFailing", "message": "",
                    "lastTransitionTime": "2026-01-01T00:00:30Z",
                },
            ],
            "counts": {
                "desired": 3, "total": 3, "ready": 2, "starting": 0, "unhealthy": 0, "failing": 1,
                "terminating": 0, "unknown": 0, "missing": 0, "restarts": 7,
            },
            "observedAt": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        let observed = "2026-01-01T00:01:00Z".parse().unwrap();
        Reading::new(&spec, &status, &Access::own(None), Some(observed), Some(SignedDuration::from_secs(90)))
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

    const OF_SHOP: &str =
        r#"{namespace="team-a",watch="shop",account="",app_id="app-1",app_name="",region="cn-hangzhou""#;

    #[test]
    fn a_watch_shows_what_is_and_nothing_that_is_not() {
        let current = CurrentWatches::default();
        let watches = current.begin();
        watches.show(&"team-a".into(), &"shop".into(), None, reading());
        let text = scraped(&current);
        let shown: Vec<&str> = text.lines().filter(|line| line.contains("shop")).collect();
        let expected = [
            ("health", r#",health="Healthy""#, "0"),
            ("health", r#",health="Progressing""#, "0"),
            ("health", r#",health="Degraded""#, "1"),
            ("health", r#",health="Unhealthy""#, "0"),
            ("health", r#",health="ScaledToZero""#, "0"),
            ("health", r#",health="Unknown""#, "0"),
            ("health_transition_timestamp_seconds", "", "1767225630"),
            ("status_condition", r#",condition="Ready",status="true""#, "1"),
            ("status_condition", r#",condition="Ready",status="false""#, "0"),
            ("status_condition", r#",condition="Ready",status="unknown""#, "0"),
            ("status_condition", r#",condition="AppHealthy",status="true""#, "0"),
            ("status_condition", r#",condition="AppHealthy",status="false""#, "1"),
            ("status_condition", r#",condition="AppHealthy",status="unknown""#, "0"),
            ("reason_info", r#",reason="InstancesFailing""#, "1"),
            ("ready_instances", "", "2"),
            ("desired_instances", "", "3"),
            ("instances", r#",state="Ready""#, "2"),
            ("instances", r#",state="Failing""#, "1"),
            ("instance_restarts", "", "7"),
            ("observed_timestamp_seconds", "", "1767225660"),
            ("effective_interval_seconds", "", "90.0"),
        ];
        let expected =
            expected.map(|(name, label, value)| format!("saewatch_watch_{name}{OF_SHOP}{label}}} {value}"));
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_watch_without_a_first_answer_is_unknown_since_its_first_status() {
        let current = CurrentWatches::default();
        let watches = current.begin();
        let spec = serde_json::from_value(json!({"appId": "app-1"})).unwrap();
        let status = serde_json::from_value(json!({
            "health": "Unknown",
            "reason": "AccessDenied",
            "conditions": [{
                "type": "AppHealthy", "status": "Unknown", "reason": "HealthUnknown", "message": "",
                "lastTransitionTime": "2026-01-01T00:00:30Z",
            }],
        }))
        .unwrap();
        let reading = Reading::new(&spec, &status, &Access::own(None), None, None);
        watches.show(&"team-a".into(), &"shop".into(), None, reading);
        let text = scraped(&current);
        let since = text.lines().find(|line| line.starts_with("saewatch_watch_health_transition"));
        assert!(since.unwrap().ends_with(" 1767225630"), "{text}");
        assert!(!text.contains(r#"condition="Ready""#), "there is no condition Ready: {text}");
    }

    #[test]
    fn watches_are_counted_by_health_and_account_and_those_that_cannot_be_read_apart() {
        let current = CurrentWatches::default();
        let watches = current.begin();
        watches.show(&"team-a".into(), &"shop".into(), None, reading());
        watches.reject(&"team-a".into(), &"broken".into());
        let text = scraped(&current);
        assert!(
            text.contains(r#"saewatch_watches{health="Degraded",reason="InstancesFailing",account=""} 1"#),
            "{text}"
        );
        assert!(text.contains("saewatch_invalid_watches 1"), "{text}");
        watches.show(&"team-a".into(), &"cart".into(), Some(&"prod".parse().unwrap()), reading());
        let of_prod = r#"saewatch_watches{health="Degraded",reason="InstancesFailing",account="prod"} 1"#;
        assert!(scraped(&current).contains(of_prod));
        watches.show(&"team-a".into(), &"broken".into(), None, reading());
        assert!(scraped(&current).contains("saewatch_invalid_watches 0"));
    }

    #[test]
    fn a_name_that_becomes_known_takes_the_series_without_it_away() {
        let current = CurrentWatches::default();
        let watches = current.begin();
        watches.show(&"team-a".into(), &"shop".into(), None, reading());
        let spec = serde_json::from_value(json!({"appId": "app-1"})).unwrap();
        let status = json!({"appId": "app-1", "appName": "shop", "counts": {
            "desired": 3, "total": 3, "ready": 2, "starting": 0, "unhealthy": 0, "failing": 1,
            "terminating": 0, "unknown": 0, "missing": 0, "restarts": 7,
        }});
        let status = serde_json::from_value(status).unwrap();
        let named = Reading::new(&spec, &status, &Access::own(None), None, None);
        watches.show(&"team-a".into(), &"shop".into(), None, named);
        let text = scraped(&current);
        let ready: Vec<&str> = text.lines().filter(|line| line.starts_with("saewatch_watch_ready")).collect();
        assert_eq!(ready.len(), 1, "{text}");
        assert!(ready[0].contains(r#"app_id="app-1",app_name="shop",region=""#), "{text}");
    }

    #[test]
    fn a_name_that_is_not_resolved_yet_has_no_id() {
        let spec = serde_json::from_value(json!({"appName": "shop"})).unwrap();
        let reading = Reading::new(&spec, &SaeAppWatchStatus::default(), &Access::own(None), None, None);
        assert_eq!(reading.place(), ["", "shop", ""]);
    }

    #[test]
    fn series_vanish_with_their_watch_and_with_the_work() {
        let current = CurrentWatches::default();
        let watches = current.begin();
        watches.show(&"team-a".into(), &"shop".into(), None, reading());
        watches.show(&"team-a".into(), &"cart".into(), None, reading());
        watches.forget(&"team-a".into(), &"shop".into());
        assert!(!scraped(&current).contains("shop") && scraped(&current).contains("cart"));
        drop(watches);
        assert!(!scraped(&current).contains("cart"));
    }

    #[test]
    fn the_account_of_a_watch_is_a_label_and_one_text_for_all_of_them() {
        let current = CurrentWatches::default();
        let watches = current.begin();
        let account = |name: &str| -> AccountName { name.parse().unwrap() };
        watches.show(&"team-a".into(), &"shop".into(), Some(&account("prod")), reading());
        watches.show(&"team-a".into(), &"cart".into(), Some(&account("prod")), reading());
        let labels = r#"{namespace="team-a",watch="shop",account="prod",app_id="app-1",app_name="",region="cn-hangzhou"}"#;
        assert!(scraped(&current).contains(&format!("saewatch_watch_ready_instances{labels} 2")));
        let kept =
            |watches: &Watches| watches.lock().accounts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let shared = watches.lock().accounts.first().map(Arc::strong_count);
        assert_eq!((kept(&watches), shared), (vec!["prod".to_owned()], Some(3)));
        for name in ["shop", "cart"] {
            watches.show(&"team-a".into(), &name.into(), Some(&account("test")), reading());
        }
        watches.show(&"team-a".into(), &"pay".into(), Some(&account("dev")), reading());
        assert_eq!(kept(&watches), ["dev", "test"], "no watch names prod any more");
    }

    /// With ten thousand watches, eight bytes more are 80 kB.
    #[test]
    fn the_account_of_a_watch_takes_eight_bytes() {
        assert!(size_of::<Shown>() <= size_of::<Reading>() + 8, "{}", size_of::<Shown>());
    }

    #[test]
    fn whoever_worked_before_shows_nothing_any_more() {
        let current = CurrentWatches::default();
        let (before, _now) = (current.begin(), current.begin());
        before.show(&"team-a".into(), &"shop".into(), None, reading());
        assert!(!scraped(&current).contains("shop"));
    }
}
