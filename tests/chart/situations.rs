//! What kstatus, and so Helm and Flux, make of each row of contract §6 and §11.3, on statuses as the operator decides them: the
//! last column of that table, from the library itself.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use saewatch::api::{SaeAppWatchSpec, SaeAppWatchStatus};
use saewatch::domain::{
    Access, Account, Admission, Attempt, Failure, FailureClass, Input, InstanceMemos, ListFingerprint,
    Memory, Meta, Observation, ObservedGroup, ObservedInstance, Pace, Reason, Refusal, Settings, decide,
};
use serde_json::{Value, json};

use crate::judges::judge;

/// One watch and what is stored of it.
struct Watch {
    spec: SaeAppWatchSpec,
    unreadable: Option<&'static str>,
    generation: i64,
    stored: Option<SaeAppWatchStatus>,
    memory: Memory,
    pace: Pace,
    access: Access,
    now: Timestamp,
}

impl Watch {
    fn new(spec: Value) -> Self {
        Self {
            spec: serde_json::from_value(spec).unwrap(),
            unreadable: None,
            generation: 1,
            stored: None,
            memory: Memory::default(),
            pace: Pace::default(),
            access: Access::own(None),
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    /// A watch that nobody has looked at.
    fn created() -> Self {
        Self::new(json!({"appId": "cart", "regionId": "cn-hangzhou"}))
    }

    /// A watch that shows this application.
    fn showing(replicas: i64, instances: &[(&str, &str)]) -> Self {
        Self::created().see(replicas, instances)
    }

    fn healthy() -> Self {
        Self::showing(1, &[("Running", "Healthy")])
    }

    /// A watch that names an account which is verified.
    fn of_account() -> Self {
        let spec = json!({"appId": "cart", "regionId": "cn-hangzhou", "accountRef": {"name": "prod"}});
        let account = Account { name: "prod".parse().unwrap(), id: "1234567890123456".parse().unwrap() };
        Self { access: Access { account: Some(Arc::new(account)), ..Access::own(None) }, ..Self::new(spec) }
    }

    /// From now on this holds for its account, and a look.
    fn admitted(mut self, admission: Admission) -> Self {
        self.access.admission = admission;
        self.pace = Pace::default();
        self.look(None)
    }

    /// From now on SAE may not be asked, and a look.
    fn barred(self, reason: Reason) -> Self {
        self.admitted(Admission::Refused(Refusal { reason, message: "words".into() }))
    }

    /// From now on there is no such account, and a look.
    fn without_account(mut self) -> Self {
        self.access.account = None;
        self.barred(Reason::AccountNotFound)
    }

    fn see(self, replicas: i64, instances: &[(&str, &str)]) -> Self {
        let group = ObservedGroup {
            id: "g".into(),
            name: None,
            replicas: Some(replicas),
            image: None,
            package_version: None,
        };
        let instances = instances.iter().enumerate().map(|(number, (container, health))| ObservedInstance {
            id: format!("i-{number}").into(),
            group_id: Some("g".into()),
            container: Some((*container).into()),
            health: Some((*health).into()),
            ..ObservedInstance::default()
        });
        let instances = instances.collect();
        let observation = Observation { at: self.now, groups: [group].into(), instances, stopped: false };
        self.attempt(Attempt::Observed).look(Some(&observation))
    }

    /// So many attempts that end like this, and a look.
    fn refused(mut self, times: u32, class: FailureClass) -> Self {
        self.pace.waiting_since.get_or_insert(self.now);
        self.pace.failures = times;
        self.attempt(Attempt::Failed(Failure { class, message: "words".into() })).look(None)
    }

    fn attempt(mut self, attempt: Attempt) -> Self {
        self.pace.last = Some(attempt);
        self.pace.generation = Some(self.generation);
        self
    }

    fn after(mut self, seconds: i64) -> Self {
        self.now += SignedDuration::from_secs(seconds);
        self
    }

    fn edited(mut self, change: impl FnOnce(&mut SaeAppWatchSpec)) -> Self {
        change(&mut self.spec);
        self.generation += 1;
        self.look(None)
    }

    fn suspended(self) -> Self {
        self.edited(|spec| spec.suspend = true)
    }

    fn moved(self) -> Self {
        self.edited(|spec| spec.region_id = Some("cn-beijing".parse().unwrap()))
    }

    fn look(mut self, observation: Option<&Observation>) -> Self {
        let settings = Settings { heartbeat: SignedDuration::from_mins(5), default_region: None };
        let decision = decide(&Input {
            spec: &self.spec,
            unreadable: self.unreadable,
            meta: Meta { generation: self.generation, uid: "uid-1", created_at: None, request: None },
            last: self.stored.as_ref(),
            list: ListFingerprint::default(),
            instances: &InstanceMemos::default(),
            observation,
            settings: &settings,
            identity: &saewatch::domain::Identity::default(),
            access: &self.access,
            pace: &self.pace,
            memory: &self.memory,
            now: self.now,
        });
        self.memory = decision.memory;
        if let Some(status) = decision.write.filter(|_| !decision.is_deferred) {
            self.memory.note_write(&status, None, Some(&status), ListFingerprint::default());
            self.stored = Some(status);
        }
        self
    }

    /// The object as the API server has it.
    fn object(&self) -> Value {
        // The default of the schema stands for a status that nobody has written.
        let status = self.stored.clone().unwrap_or_default();
        json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
            "metadata": {"name": "cart", "namespace": "shop", "generation": self.generation},
            "spec": self.spec, "status": status,
        })
    }
}

/// Asserts that kstatus says the same of all of them.
fn assert_verdict(expected: &str, watches: &[(&str, Watch)]) {
    let objects: Vec<Value> = watches.iter().map(|(_, watch)| watch.object()).collect();
    for ((name, watch), said) in watches.iter().zip(judge(&["kstatus"], &objects)) {
        assert_eq!(said["status"], expected, "{name}: {said}\n{:#}", watch.object());
    }
}

const TRANSIENT: FailureClass = FailureClass::Transient;
const THROTTLED: FailureClass = FailureClass::Throttled;
const DENIED: FailureClass = FailureClass::Permanent(Reason::AccessDenied);
/// Longer than heartbeat and three intervals.
const STALE: i64 = 481;

#[test]
fn whoever_waits_for_a_watch_without_an_outcome_goes_on_waiting() {
    assert_verdict(
        "InProgress",
        &[
            ("created", Watch::created()),
            ("looked at", Watch::created().look(None)),
            ("looked at, and nothing for five seconds", Watch::created().look(None).after(5).look(None)),
            ("two failures", Watch::created().refused(2, TRANSIENT)),
            ("throttled", Watch::created().refused(0, THROTTLED)),
            ("resumed", Watch::created().suspended().edited(|spec| spec.suspend = false)),
            ("another target", Watch::healthy().moved()),
            ("readable again", {
                let unreadable = Watch { unreadable: Some("interval: soon"), ..Watch::healthy() }.look(None);
                Watch { unreadable: None, ..unreadable }.edited(|_| {})
            }),
            ("another spec", Watch::healthy().edited(|spec| spec.health.min_healthy_percent = 50)),
        ],
    );
}

#[test]
fn whoever_waits_for_a_watch_is_content_with_an_answer_however_the_application_is() {
    assert_verdict(
        "Current",
        &[
            ("healthy", Watch::healthy()),
            ("progressing", Watch::showing(1, &[("Pending", "NotCheckedYet")])),
            ("unhealthy", Watch::showing(1, &[("CrashLoopBackOff", "NotCheckedYet")])),
            ("scaled to zero", Watch::showing(0, &[])),
            ("unknown", Watch::created().see(-1, &[])),
            ("two failures", Watch::healthy().refused(2, TRANSIENT)),
            ("throttled", Watch::healthy().refused(0, THROTTLED)),
            ("another spec, answered", {
                let edited = Watch::healthy().edited(|spec| spec.health.min_healthy_percent = 50);
                edited.see(1, &[("Running", "Healthy")])
            }),
        ],
    );
}

#[test]
fn whoever_waits_for_a_suspended_watch_is_content() {
    assert_verdict(
        "Current",
        &[
            ("created suspended", {
                let suspended = json!({"appId": "cart", "regionId": "cn-hangzhou", "suspend": true});
                Watch::new(suspended).look(None)
            }),
            ("another target while suspended", Watch::healthy().suspended().moved()),
            ("while ready", Watch::healthy().suspended()),
            ("while polls fail", Watch::healthy().refused(3, TRANSIENT).suspended()),
            ("while stale", Watch::healthy().after(STALE).refused(1, TRANSIENT).suspended()),
            ("while denied", Watch::healthy().refused(1, DENIED).suspended()),
            ("while denied from the start", Watch::created().refused(1, DENIED).suspended()),
            ("while waiting", Watch::created().look(None).suspended()),
        ],
    );
}

#[test]
fn whoever_waits_for_a_watch_whose_polls_fail_goes_on_waiting() {
    assert_verdict(
        "InProgress",
        &[
            ("failures", Watch::healthy().refused(3, TRANSIENT)),
            ("failures from the start", Watch::created().refused(3, TRANSIENT)),
            ("stale", Watch::healthy().after(STALE).refused(1, TRANSIENT)),
            ("stale and not asked yet", Watch::healthy().after(STALE).look(None)),
            ("stale and throttled", Watch::healthy().after(STALE).refused(0, THROTTLED)),
            (
                "throttled from the start",
                Watch::created().refused(0, THROTTLED).after(STALE).refused(0, THROTTLED),
            ),
        ],
    );
}

#[test]
fn whoever_waits_for_a_watch_with_a_permanent_error_gives_up() {
    let permanent = [
        Reason::AppNotFound,
        Reason::GroupNotFound,
        Reason::InvalidSpec,
        Reason::AuthenticationFailed,
        Reason::AccessDenied,
        Reason::AccountBlocked,
        Reason::CredentialsMissing,
    ];
    let of = |reason: &Reason| FailureClass::Permanent(*reason);
    let first = permanent.iter().map(|reason| (reason.as_str(), Watch::created().refused(1, of(reason))));
    let later = permanent.iter().map(|reason| (reason.as_str(), Watch::healthy().refused(1, of(reason))));
    let stale = permanent
        .iter()
        .map(|reason| (reason.as_str(), Watch::healthy().after(STALE).refused(1, of(reason))));
    let without_region = [("without region", Watch::new(json!({"appId": "cart"})).look(None))];
    let unreadable = |watch: Watch| Watch { unreadable: Some("interval: soon"), ..watch }.look(None);
    let unreadable = [
        ("unreadable", unreadable(Watch::created())),
        ("unreadable and suspended", unreadable(Watch::created().suspended())),
        ("became unreadable", unreadable(Watch::healthy())),
        ("unreadable for long", unreadable(unreadable(Watch::healthy()).after(STALE))),
    ];
    let all: Vec<_> = first.chain(later).chain(stale).chain(without_region).chain(unreadable).collect();
    assert_verdict("Failed", &all);
}

/// A watch of an account, before and after it has an answer, and with one that is too old.
fn watches_of_an_account() -> [(&'static str, Watch); 3] {
    let answered = || Watch::of_account().see(1, &[("Running", "Healthy")]);
    [("new", Watch::of_account()), ("answered", answered()), ("old", answered().after(STALE))]
}

#[test]
fn whoever_waits_for_a_watch_gives_up_when_a_person_must_see_to_its_account() {
    for reason in [
        Reason::AccountRequired,
        Reason::AccountNotAllowed,
        Reason::AccountMismatch,
        Reason::AccountConflict,
        Reason::AuthenticationFailed,
        Reason::CredentialsMissing,
        Reason::InvalidSpec,
    ] {
        assert_verdict("Failed", &watches_of_an_account().map(|(name, watch)| (name, watch.barred(reason))));
    }
}

#[test]
fn whoever_waits_for_a_watch_goes_on_waiting_for_an_account_that_is_not_there_or_not_verified_yet() {
    let missing = watches_of_an_account().map(|(name, watch)| (name, watch.without_account()));
    assert_verdict("InProgress", &missing);
    let long = missing.map(|(name, watch)| (name, watch.after(STALE).look(None)));
    assert_verdict("InProgress", &long);
    let found = long.map(|(name, mut watch)| {
        watch.access = Watch::of_account().access;
        (name, watch.admitted(Admission::Unverified))
    });
    assert_verdict("InProgress", &found);
    assert_verdict("InProgress", &found.map(|(name, watch)| (name, watch.refused(3, TRANSIENT))));
    assert_verdict("InProgress", &[("new", Watch::of_account().admitted(Admission::Unverified))]);
}

#[test]
fn whoever_waits_for_a_watch_whose_account_is_suspended_is_content() {
    let suspended = |(name, watch): (_, Watch)| (name, watch.admitted(Admission::Suspended));
    assert_verdict("Current", &watches_of_an_account().map(suspended));
    let barred = watches_of_an_account().map(|(name, watch)| (name, watch.barred(Reason::AccountMismatch)));
    assert_verdict("Current", &barred.map(suspended));
}
