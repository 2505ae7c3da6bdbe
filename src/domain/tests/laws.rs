//! Laws that hold in every world. What holds after every single reconcile stands in `fixtures::laws`, so each of these
//! checks it too.

use proptest::prelude::*;
use proptest::sample::select;

use crate::api::{Health, SaeAppWatchStatus, StoredMemory, Time};
use crate::domain::fixtures::accounts::Accounts;
use crate::domain::fixtures::histories::history;
use crate::domain::fixtures::identities::named;
use crate::domain::fixtures::worlds::{
    accounts, any_spec, any_spec_of_an_account, any_time, any_watch, application, identity,
};
use crate::domain::fixtures::{Watch, answer, group, of_groups, start};
use crate::domain::{Input, InstanceMemos, ListFingerprint, Meta, Observation, Pace, decide};

/// Longer than any deadline and any threshold of [`any_spec`].
const LONG: usize = 15;

/// Polls often enough for everything that time can change to have changed.
fn poll_for_long(watch: &mut Watch, app: &Observation) {
    for _ in 0..LONG {
        watch.after(60).observe(app.clone());
    }
}

/// What a status says of the application and the watch, but for times and what is only remembered.
fn gist(status: &SaeAppWatchStatus) -> SaeAppWatchStatus {
    let mut gist = SaeAppWatchStatus {
        observed_at: None,
        stale_after: None,
        last_transition_at: None,
        memory: StoredMemory { streak: status.memory.streak, ..StoredMemory::default() },
        recent_transitions: Vec::new(),
        last_handled_request: None,
        ..status.clone()
    };
    for condition in &mut gist.conditions {
        condition.last_transition_time = start().into();
        condition.observed_generation = None;
    }
    for instance in &mut gist.instances {
        instance.since = Time(start());
    }
    gist.observed_generation = 0;
    gist
}

/// From good to bad; `None` for Unknown, which is no point on that line.
fn badness(health: Health) -> Option<u8> {
    match health {
        Health::Healthy | Health::ScaledToZero => Some(0),
        Health::Progressing => Some(1),
        Health::Degraded => Some(2),
        Health::Unhealthy => Some(3),
        Health::Unknown => None,
    }
}

/// Fewer cases than proptest's own 256, since each is a long history; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_history_keeps_the_laws(mut watch in any_watch(), history in history(), mut app in application()) {
        watch.live(history, &mut app);
    }

    #[test]
    fn what_is_learnt_of_an_application_is_written_once(
        history in history(), mut app in application(), name in select(vec!["shop", "cart"]),
    ) {
        let mut watch = Watch::new();
        watch.live(history, &mut app);
        watch.after(1).reconcile();
        let (before, writes) = (watch.stored.clone(), watch.writes.0);
        let is_known = before.as_ref().is_some_and(|before| {
            let shown = (before.app_name.as_ref(), before.namespace_id.as_ref());
            shown.0.is_some_and(|shown| shown.as_str() == name)
                && shown.1.is_some_and(|shown| shown.as_str() == "cn-hangzhou")
        });
        for _ in 0..3 {
            watch.learn(name, "cn-hangzhou");
        }
        let may_wait = before.is_none() && watch.stored.is_none();
        let once = usize::from(!is_known && !may_wait);
        prop_assert_eq!(watch.writes.0 - writes, once);
        prop_assert!(may_wait || watch.status().app.as_deref() == Some(name));
    }

    #[test]
    fn a_name_alone_is_no_news_of_the_application(
        mut watch in any_watch(), history in history(), mut app in application(), identity in identity(),
    ) {
        watch.live(history, &mut app);
        watch.after(1).reconcile().emitted();
        let before = watch.stored.clone();
        watch.identity.named = identity.named;
        watch.reconcile();
        prop_assert_eq!(watch.emitted(), vec![]);
        let unnamed = |status: &SaeAppWatchStatus| SaeAppWatchStatus {
            app: None, app_name: None, namespace_id: None, ..gist(status)
        };
        prop_assert_eq!(watch.stored.as_ref().map(unnamed), before.as_ref().map(unnamed));
    }

    #[test]
    fn whatever_happened_the_status_ends_as_that_of_a_new_watch(
        history in history(), mut app in application(), spec in any_spec_of_an_account(),
    ) {
        let spec = crate::api::SaeAppWatchSpec { suspend: false, region_id: Some("cn-hangzhou".parse().unwrap()), ..spec };
        let mut old = Watch::new();
        old.live(history, &mut app);
        old.pace = Pace::default();
        old.accounts = Accounts::granted();
        old.identity.named = Some(named("cart", "cn-hangzhou"));
        old.edit(|it| *it = spec.clone());
        poll_for_long(&mut old, &app);
        let mut new = Watch::with(|it| *it = spec);
        new.accounts = Accounts::granted();
        new.identity.named = Some(named("cart", "cn-hangzhou"));
        new.now = old.now - jiff::SignedDuration::from_mins(15);
        poll_for_long(&mut new, &app);
        prop_assert_eq!(gist(old.status()), gist(new.status()));
        prop_assert_eq!(old.status().observed_generation, old.generation);
    }

    #[test]
    fn an_application_that_stays_as_it_is_falls_silent(app in application(), spec in any_spec()) {
        let spec = crate::api::SaeAppWatchSpec { suspend: false, region_id: Some("cn-hangzhou".parse().unwrap()), ..spec };
        let mut watch = Watch::with(|it| *it = spec);
        poll_for_long(&mut watch, &app);
        watch.emitted();
        watch.writes = (0, 0);
        poll_for_long(&mut watch, &app);
        prop_assert_eq!((watch.writes, watch.emitted()), ((LONG / 5, 0), vec![]));
    }

    #[test]
    fn the_order_of_an_answer_changes_nothing(
        history in history(), mut app in application(), twin in 0..12_usize, by in 0..12_usize,
    ) {
        let mut watch = Watch::new();
        watch.live(history, &mut app);
        // Two instances of one id are against SAE's word, but no reason to flap.
        if let Some(instance) = app.instances.get(twin).cloned() {
            app.instances.push(crate::domain::ObservedInstance { restarts: Some(7), ..instance });
        }
        app.at = watch.now;
        let before = watch.decide(Some(&app));
        app.instances.reverse();
        app.groups = app.groups.iter().rev().cloned().collect();
        let many = app.instances.len().max(1);
        app.instances.rotate_left(by % many);
        prop_assert_eq!(watch.decide(Some(&app)), before);
    }

    #[test]
    fn a_better_instance_never_makes_the_application_worse(
        drawing in "[RSCUI?TN]{1,8}", before in "[RSC]{0,4}", replicas in prop::option::of(0..9_i64),
        percent in 1..=100, at in 0..8_usize, pipeline in any::<bool>(), seconds in 0..1_200_i64,
    ) {
        // From worst to best; a terminating instance is not on this line.
        let ladder = ['C', 'U', '?', 'S', 'R'];
        let at = at % drawing.len();
        let letter = match drawing.as_bytes()[at] as char { 'I' => 'C', 'N' => 'S', letter => letter };
        let step = ladder.iter().position(|one| *one == letter).unwrap_or(3);
        let seen = |drawing: &str| of_groups(vec![group("g", replicas)], crate::domain::fixtures::drawn(drawing));
        let health = |drawing: &str| {
            let mut watch = Watch::with(|spec| {
                spec.health.min_healthy_percent = percent;
                spec.health.unhealthy_threshold = 1;
                spec.pipeline_id = pipeline.then(|| "p".parse().unwrap());
            });
            watch.observe(of_groups(vec![group("g", Some(1))], crate::domain::fixtures::drawn(&before)));
            watch.after(30).observe(seen(&before)).after(seconds).observe(seen(drawing));
            watch.health()
        };
        let shown = health(&drawing);
        for better in &ladder[(step + 1).min(4)..] {
            let mut improved = drawing.clone();
            improved.replace_range(at..=at, &better.to_string());
            let improved = health(&improved);
            if let (Some(was), Some(is)) = (badness(shown), badness(improved)) {
                prop_assert!(is <= was, "{shown:?} became {improved:?} as {letter} became {better}");
            }
        }
    }

    #[test]
    fn counts_are_those_of_the_list(drawing in "[RWSCUI?TN]{0,30}", replicas in 0..30_i64) {
        let mut watch = Watch::new();
        watch.observe(answer(replicas, &drawing));
        prop_assert_eq!(watch.status().instances.len(), drawing.len());
    }

    #[test]
    fn no_input_makes_it_panic(
        history in history(), mut app in application(), spec in any_spec_of_an_account(),
        times in (any_time(), any_time(), any_time(), any_time()), seconds in (any::<i64>(), any::<i64>()),
        generation in any::<i64>(), percents in (any::<i32>(), any::<i32>()), thresholds in any::<(i32, i32, i32, i32)>(),
        unreadable in any::<bool>(), accounts in accounts(),
    ) {
        let mut watch = Watch::new();
        watch.live(history, &mut app);
        (watch.spec, watch.accounts) = (spec, accounts);
        let rules = &mut watch.spec.health;
        (rules.min_healthy_percent, rules.unhealthy_below_percent) = (percents.0, Some(percents.1));
        (rules.unhealthy_threshold, rules.healthy_threshold) = (thresholds.0, thresholds.1);
        (watch.spec.failure_threshold, watch.spec.instances.limit) = (thresholds.2, thresholds.3);
        (watch.now, app.at) = (times.0, times.1);
        watch.pace.waiting_since = Some(times.2);
        watch.memory.resumed_at = Some(times.3);
        watch.memory.first_visit = None;
        watch.pace.effective_interval = Some(jiff::SignedDuration::from_secs(seconds.0));
        watch.settings.heartbeat = jiff::SignedDuration::from_secs(seconds.1);
        let last = watch.stored.clone();
        let decision = decide(&Input {
            spec: &watch.spec,
            unreadable: unreadable.then_some("interval: soon"),
            meta: Meta { generation, uid: "", created_at: None, request: Some("\u{0}") },
            last: last.as_ref(),
            list: ListFingerprint::default(),
            instances: &InstanceMemos::default(),
            observation: Some(&app),
            settings: &watch.settings,
            identity: &crate::domain::Identity::default(),
            access: &watch.access(),
            pace: &watch.pace,
            memory: &watch.memory,
            now: watch.now,
        });
        prop_assert!(decision.wake.is_none_or(|wake| wake >= crate::domain::freshness::FLOOR));
    }
}
