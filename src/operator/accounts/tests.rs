//! The controller without a cluster: what streams in and what STS says are handed to it, and no write is carried out.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use kube::core::Status;
use kube::runtime::watcher::{Error, Event};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};
use tokio_util::sync::CancellationToken;
use tower::service_fn;

use super::controller::{Controller, Settings};
use super::directory::Directory;
use super::managed::Managed;
use super::object::AccountObject;
use super::serving::Serving;
use super::verifier::{Answer, Whose};
use crate::api::{AccountName, SaeAccount, SaeAccountStatus, WatchCounts};
use crate::domain::account::{Newest, StsAnswer};
use crate::domain::{self, Access, Meta, Reason};
use crate::operator::context::Context;
use crate::operator::report::{Outcome, Report, Reported};
use crate::poll::{self, Clock, PollMetrics, Subscription, WatchId};
use crate::sae::{self, Ask, Call, Class, Client, Environment};
use crate::telemetry::{Liveness, Metrics, Readiness, scraped};

/// The operator's own account.
const OWN: &str = "111111111111";
/// Another one.
const PROD: &str = "222222222222";

/// An SAE that is never asked, since there are no keys that may serve.
#[derive(Default)]
struct NoKeys {
    /// How often they were searched.
    searches: AtomicUsize,
}

impl<C: Call> Ask<C> for NoKeys {
    async fn ask(&self, _: &C, _: Duration) -> Result<C::Reply, sae::Error> {
        self.searches.fetch_add(1, Relaxed);
        Err(sae::Error::new("credentials", Class::AccountMismatch, "the keys belong to another account"))
    }
}

fn controller() -> Controller {
    controller_with(Arc::default())
}

fn controller_with(api: Arc<NoKeys>) -> Controller {
    let service = service_fn(|_: http::Request<kube::client::Body>| {
        std::future::pending::<Result<http::Response<kube::client::Body>, std::io::Error>>()
    });
    controller_on(api, kube::Client::new(service, "default"))
}

/// An API server that stores the status of `prod`, and never answers to an event.
fn without_events() -> kube::Client {
    let service = service_fn(|request: http::Request<kube::client::Body>| async {
        if request.method() == http::Method::POST {
            return Err(std::io::Error::other("the connection broke"));
        }
        let body = request.into_body().collect_bytes().await.unwrap();
        let mut stored = manifest("prod", 1, 10, &with_role("a"));
        stored["status"] = serde_json::from_slice::<Value>(&body).unwrap()["status"].take();
        Ok(http::Response::new(kube::client::Body::from(stored.to_string().into_bytes())))
    });
    kube::Client::new(service, "default")
}

fn controller_on(api: Arc<NoKeys>, cluster: kube::Client) -> Controller {
    let client = Client::new(sae::Settings::new().environment(Environment::of([("", ""); 0]))).unwrap();
    let (news, _) = poll::news();
    let (stop, metrics) = (CancellationToken::new(), Metrics::default());
    let own_polls = poll::start(api, poll::Settings::new(30), news.clone(), stop.clone());
    let settings = domain::Settings { heartbeat: SignedDuration::from_mins(5), default_region: None };
    let context = Context::new(
        cluster,
        own_polls,
        Directory::new(false, None),
        settings,
        "replica-1".into(),
        Clock::system(),
        metrics,
    );
    let settings = Settings {
        is_required: false,
        label_selector: None,
        calls_per_minute: 30,
        metrics: PollMetrics::new(client.credentials().clone()),
        client,
        liveness: Liveness::default(),
    };
    let mut controller = Controller::new(settings, Arc::new(context), news, Readiness::default(), stop);
    controller.list([]);
    controller
}

impl Controller {
    fn list<const N: usize>(&mut self, objects: [AccountObject; N]) {
        let objects = objects.into_iter().map(Event::InitApply);
        let events = std::iter::once(Event::Init).chain(objects).chain([Event::InitDone]);
        events.for_each(|event| self.take(Ok(event)));
    }

    fn apply(&mut self, name: &str, version: u32, created: u32, spec: &Value) {
        self.take(Ok(Event::Apply(object(name, version, created, spec))));
    }

    fn of(&self, name: &str) -> &Managed {
        &self.accounts[&named(name)]
    }

    fn reason(&self, name: &str) -> Option<&'static str> {
        self.of(name).state.reason().map(Reason::as_str)
    }

    /// STS answers who the caller is.
    fn answer(&mut self, whose: Option<&str>, id: &str) {
        let whose: Whose = whose.map(named);
        let verifier = match &whose {
            None => self.own_verifier.as_ref(),
            Some(name) => self.accounts[name].verifier.as_ref().map(|(_, verifier)| verifier),
        };
        let number = verifier.unwrap().number;
        let arn = format!("acs:ram::{id}:user/a");
        let newest = Newest::Answer(StsAnswer::Caller { account_id: id.parse().unwrap(), arn });
        self.note_answer(Answer { whose, number, newest, are_keys_new: true });
    }

    fn own_budget(&self) -> u32 {
        self.context.own_polls.stats().budget
    }
}

fn named(name: &str) -> AccountName {
    name.parse().unwrap()
}

fn object(name: &str, version: u32, created: u32, spec: &Value) -> AccountObject {
    serde_json::from_value(manifest(name, version, created, spec)).unwrap()
}

fn manifest(name: &str, version: u32, created: u32, spec: &Value) -> Value {
    let metadata = json!({
        "name": name, "uid": format!("{name}-{created}"), "generation": version, "resourceVersion": version.to_string(),
        "creationTimestamp": format!("2026-01-01T00:00:{created:02}Z"),
    });
    json!({"metadata": metadata, "spec": spec})
}

/// A write that has ended, of an account as it was known then.
fn reported(
    object: &Arc<AccountObject>,
    status: SaeAccountStatus,
    outcome: Outcome<SaeAccount>,
) -> Reported<SaeAccount> {
    let (object, now) = (object.clone(), Timestamp::UNIX_EPOCH);
    Reported { report: Report { object, status, event: None, has_rest: false, failures: 0, now }, outcome }
}

fn with_role(role: &str) -> Value {
    json!({"accountId": PROD, "roleArn": format!("acs:ram::{PROD}:role/{role}"), "namespaces": ["*"]})
}

/// A controller with the account `prod` that is verified.
fn with_prod() -> Controller {
    let mut controller = controller();
    controller.apply("prod", 1, 10, &with_role("a"));
    controller.answer(None, OWN);
    controller.answer(Some("prod"), PROD);
    assert_eq!(controller.reason("prod"), Some("Verified"));
    controller
}

#[tokio::test(start_paused = true)]
async fn a_changed_source_of_keys_is_answered_when_sts_has_said_whose_they_are() {
    let mut controller = with_prod();
    assert_eq!(controller.of("prod").generation, 1);
    controller.apply("prod", 2, 10, &with_role("b"));
    assert_eq!(controller.reason("prod"), Some("Verified"), "the keys verified before serve");
    assert_eq!(controller.of("prod").generation, 1);
    controller.answer(Some("prod"), PROD);
    assert_eq!(controller.of("prod").generation, 2);
    assert!(controller.of("prod").storing.due <= Instant::now());
    let mut open = with_role("b");
    open["namespaces"] = json!(["team-a"]);
    controller.apply("prod", 3, 10, &open);
    assert_eq!(controller.of("prod").generation, 3, "the same keys need no new answer");
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_spec_cannot_be_read_is_shown_as_not_ready() {
    let mut controller = with_prod();
    let shown = |controller: &Controller| scraped(controller.context.metrics.accounts.clone());
    let series = |id: &str, reason: &str, value: u32| {
        format!(r#"saewatch_account_ready{{account="prod",account_id="{id}",reason="{reason}"}} {value}"#)
    };
    assert!(shown(&controller).contains(&series(PROD, "Verified", 1)));
    controller.apply("prod", 2, 10, &json!({"accountId": PROD, "roleArn": "nonsense", "namespaces": ["*"]}));
    assert!(shown(&controller).contains(&series("", "InvalidSpec", 0)), "{:?}", shown(&controller));
    assert!(!shown(&controller).concat().contains("Verified"));
}

#[tokio::test(start_paused = true)]
async fn the_budget_of_an_account_with_the_own_keys_holds_while_it_is_suspended() {
    let mut controller = controller();
    let mut spec = json!({"accountId": OWN, "namespaces": ["*"], "callsPerMinute": 6});
    controller.apply("own", 1, 10, &spec);
    assert_eq!(controller.own_budget(), 6, "it is not known yet whose the own keys are");
    controller.answer(None, PROD);
    assert_eq!((controller.reason("own"), controller.own_budget()), (Some("AccountMismatch"), 30));
    controller.answer(None, OWN);
    assert_eq!((controller.reason("own"), controller.own_budget()), (Some("Verified"), 6));
    spec["suspend"] = json!(true);
    controller.apply("own", 2, 10, &spec);
    assert_eq!((controller.reason("own"), controller.own_budget()), (None, 6));
    controller.take(Ok(Event::Delete(object("own", 2, 10, &spec))));
    assert_eq!(controller.own_budget(), 30);
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_number_another_one_takes_and_gives_back_begins_with_a_new_scheduler() {
    let mut controller = with_prod();
    let polls = |controller: &Controller| controller.of("prod").serving.as_ref().map(Serving::polls).cloned();
    let before = polls(&controller).unwrap();
    // An older one, which the label selector brings in.
    controller.apply("elder", 2, 5, &with_role("a"));
    assert_eq!(controller.reason("prod"), Some("AccountConflict"));
    assert!(polls(&controller).is_none(), "its budget knows nothing of the calls of the other one");
    controller.take(Ok(Event::Delete(object("elder", 2, 5, &with_role("a")))));
    assert_eq!(controller.reason("prod"), Some("Verified"), "at once");
    assert!(polls(&controller).unwrap() != before);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_a_change_has_overtaken_is_decided_anew_when_the_change_is_here() {
    let mut controller = with_prod();
    let overtaken = |controller: &mut Controller, object: &Arc<AccountObject>| {
        controller.note_report(reported(object, SaeAccountStatus::default(), Outcome::Overtaken));
        controller.of("prod").storing.due.saturating_duration_since(Instant::now())
    };
    let decided_on = controller.of("prod").object.clone();
    assert_eq!(
        overtaken(&mut controller, &decided_on),
        Duration::from_secs(60),
        "the watch stream brings it"
    );
    controller.apply("prod", 2, 10, &with_role("a"));
    assert_eq!(overtaken(&mut controller, &decided_on), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_write_of_an_account_that_is_gone_says_nothing_of_its_namesake() {
    let mut controller = with_prod();
    let object_before = controller.of("prod").object.clone();
    controller.take(Ok(Event::Delete(object("prod", 1, 10, &with_role("a")))));
    controller.apply("prod", 2, 20, &with_role("a"));
    controller.answer(None, OWN);
    controller.answer(Some("prod"), PROD);
    controller.report_due();
    assert!(controller.of("prod").storing.next().is_none());
    let outcome = Outcome::Stored(object_before.clone());
    controller.note_report(reported(&object_before, SaeAccountStatus::default(), outcome));
    assert!(controller.of("prod").storing.next().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_refused_watch_is_over_with_the_next_list() {
    let mut controller = with_prod();
    let forbidden = Status::failure("no", "Forbidden").with_code(403);
    controller.take(Err(Error::WatchStartFailed(kube::Error::Api(Box::new(forbidden)))));
    let own = controller.context.own_polls.clone();
    let nowhere = named("nowhere");
    let message = |controller: &Controller| {
        format!(
            "{:?}",
            controller.context.accounts.look_up(Some(&nowhere), "team-a", 1, &own).unwrap().access
        )
    };
    assert!(message(&controller).contains("may not list SaeAccounts"), "{}", message(&controller));
    controller.list([object("prod", 1, 10, &with_role("a"))]);
    assert!(!message(&controller).contains("may not list"), "{}", message(&controller));
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_lost_its_account_and_has_it_again_is_not_taken_for_one_that_kept_it() {
    let mut controller = with_prod();
    let context = controller.context.clone();
    let id = WatchId { namespace: "team-a".into(), name: "shop".into() };
    let spec = serde_json::from_value(json!({"appId": "shop", "accountRef": {"name": "prod"}})).unwrap();
    let prod = named("prod");
    let look_up = || context.accounts.look_up(Some(&prod), "team-a", 1, &context.own_polls).unwrap();
    let before = look_up();
    context.attach(&id, &spec, before.polls.as_ref());
    assert!(context.watches.is_polled_by(&id, before.polls.as_ref()));
    let mut narrowed = with_role("a");
    narrowed["namespaces"] = json!(["team-b"]);
    controller.apply("prod", 2, 10, &narrowed);
    controller.apply("prod", 3, 10, &with_role("a"));
    assert_eq!(look_up().access, before.access);
    assert!(!context.watches.is_polled_by(&id, before.polls.as_ref()));
}

#[tokio::test(start_paused = true)]
async fn the_scheduler_of_an_account_that_is_gone_is_no_reason_to_restart() {
    let mut controller = with_prod();
    let held = controller.of("prod").serving.as_ref().map(Serving::polls).cloned();
    sleep(Duration::from_secs(1)).await;
    controller.take(Ok(Event::Delete(object("prod", 1, 10, &with_role("a")))));
    sleep(Duration::from_secs(120)).await;
    assert!(held.is_some(), "as by a reconcile that waits for the API server");
    assert_eq!(controller.settings.liveness.trouble(), None);
}

#[tokio::test(start_paused = true)]
async fn watches_without_an_account_are_polled_as_soon_as_the_own_keys_may_be_anybodys() {
    let api = Arc::new(NoKeys::default());
    let mut controller = controller_with(api.clone());
    controller.apply("own", 1, 10, &json!({"accountId": OWN, "namespaces": ["*"]}));
    controller.answer(None, OWN);
    let id = WatchId { namespace: "team-a".into(), name: "shop".into() };
    let spec = serde_json::from_value(json!({"appId": "shop", "regionId": "cn-hangzhou"})).unwrap();
    let meta = Meta { generation: 1, uid: "", created_at: None, request: None };
    let want = Subscription::new(&spec, None, meta, &Access::own(None), Timestamp::UNIX_EPOCH).unwrap();
    controller.context.own_polls.subscribe(&id, want);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(api.searches.load(Relaxed), 1);
    // The file of the own keys holds those of another account now.
    controller.answer(None, PROD);
    assert_eq!(controller.reason("own"), Some("AccountMismatch"));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(api.searches.load(Relaxed), 2, "ten minutes are not waited out");
}

#[tokio::test(start_paused = true)]
async fn what_an_older_schema_drops_is_not_written_again_and_again() {
    let mut controller = with_prod();
    controller.report_due();
    assert!(controller.of("prod").storing.next().is_none());
    let arn = format!("acs:ram::{PROD}:user/a");
    let mut stored = object("prod", 2, 10, &with_role("a"));
    stored.metadata.generation = Some(1);
    stored.status = json!({"observedGeneration": 1, "watches": WatchCounts::default(), "conditions": [{
        "type": "Ready", "status": "True", "reason": "Verified", "observedGeneration": 1,
        "message": format!("STS says that the keys are those of the account: {arn}"),
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }]});
    let wanted = SaeAccountStatus { caller: Some(arn), ..stored.read_status() };
    let object = controller.of("prod").object.clone();
    controller.note_report(reported(&object, wanted, Outcome::Stored(Arc::new(stored))));
    controller.report_due();
    assert!(controller.of("prod").storing.next().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_status_goes_on_without_an_event_that_had_no_response_five_times() {
    let mut controller = controller_on(Arc::default(), without_events());
    controller.apply("prod", 1, 10, &with_role("a"));
    controller.answer(None, OWN);
    controller.answer(Some("prod"), OWN);
    assert_eq!(controller.reason("prod"), Some("AccountMismatch"));
    for tries in 1..=5 {
        controller.report_due();
        let reported = controller.writes.next().await.unwrap();
        assert_eq!(matches!(reported.outcome, Outcome::Stored(..)), tries == 5, "{tries}");
        controller.note_report(reported);
        sleep(Duration::from_secs(60)).await;
    }
}
