//! What one unchanged poll costs, beside the least that anybody must do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use saewatch::api::Health;
use saewatch::domain::Target;
use saewatch::poll::{self, Attention, Clock, Snapshot, Subscription, WatchId};
use saewatch::sae::{self, Client, Environment};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::Result;
use crate::cpu::thread_seconds;
use crate::page::{self, Page};
use crate::stage::INSTANCES;
use crate::table::{Row, progress};
use crate::watch::Watch;

const TARGETS: usize = 1900;
/// Fewer than the 20 from which on a pre-check would ask for more.
const IN_A_REGION: usize = 19;
/// The shortest time between two polls of one target.
const INTERVAL: Duration = Duration::from_secs(5);
/// The scheduler lets polls by the clock wait for 10 s after its start.
const WARM_UP: Duration = Duration::from_secs(13);
const MEASURED: Duration = Duration::from_secs(30);
const MOST: f64 = 1.5;

/// Polls and CPU seconds.
struct Spent {
    polls: f64,
    seconds: f64,
}

/// Both sides at the same time and the same pace, each in a thread of its own, against one server that answers both
/// alike.
pub fn unchanged() -> Result<Row> {
    progress("one poll: 43 s of polling, side by side");
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let address = server.block_on(serve())?;
    // Named, so that a profiler tells them apart.
    let named = |name: &str| std::thread::Builder::new().name(name.into());
    let ours = named("ours").spawn(move || on_one_thread(ours(address)))?;
    let bare = named("bare").spawn(move || on_one_thread(bare(address)))?;
    let ours = ours.join().map_err(|_| "the scheduler's side panicked")??;
    let bare = bare.join().map_err(|_| "the bare side panicked")??;
    let each = |spent: &Spent| spent.seconds / spent.polls * 1e6;
    let ratio = each(&ours) / each(&bare);
    Ok(Row {
        measure: "one unchanged poll, all in".into(),
        method: format!(
            "{:.0} µs of CPU over {} polls from schedule to decision; reqwest and serde_json alone at the same pace {:.0} µs \
             over {}; {INSTANCES} instances",
            each(&ours),
            ours.polls,
            each(&bare),
            bare.polls,
        ),
        result: format!("{ratio:.2} ×"),
        bar: "≤ 1.5 ×",
        holds: Some(ratio <= MOST),
    })
}

fn on_one_thread(work: impl Future<Output = Result<Spent>>) -> Result<Spent> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

async fn serve() -> Result<std::net::SocketAddr> {
    let (instances, groups) = (page::bytes(INSTANCES)?, page::groups(INSTANCES)?);
    let router = Router::new()
        .route("/pop/v1/sam/app/describeApplicationInstances", get(async || instances))
        .route("/pop/v1/sam/app/describeApplicationGroups", get(async || groups));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(address)
}

async fn bare(address: std::net::SocketAddr) -> Result<Spent> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let url = format!(
        "http://{address}/pop/v1/sam/app/describeApplicationInstances?AppId=shop&GroupId=g&CurrentPage=1&PageSize=100"
    );
    let pause = INTERVAL / u32::try_from(TARGETS)?;
    let (start, mut spent, mut began) = (Instant::now(), Spent { polls: 0.0, seconds: 0.0 }, None);
    let mut next = start;
    while start.elapsed() < WARM_UP + MEASURED {
        if began.is_none() && start.elapsed() >= WARM_UP {
            began = Some(thread_seconds()?);
            spent.polls = 0.0;
        }
        next += pause;
        sleep_until(next).await;
        let page = http.get(&url).timeout(Duration::from_secs(10)).send().await?.bytes().await?;
        std::hint::black_box(serde_json::from_slice::<Page>(&page)?.data.instances.len());
        spent.polls += 1.0;
    }
    spent.seconds = thread_seconds()? - began.ok_or("no warm-up")?;
    Ok(spent)
}

async fn ours(address: std::net::SocketAddr) -> Result<Spent> {
    let environment = Environment::of([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "key-id"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "key-secret"),
    ]);
    let settings =
        sae::Settings::new().endpoint(format!("http://{address}").parse()?).environment(environment);
    let stop = CancellationToken::new();
    // A budget that is never short.
    let settings_of_polls =
        poll::Settings { account: None, calls_per_minute: 60_000, clock: Clock::system() };
    let (sender, mut news) = poll::news();
    let polls = poll::start(Arc::new(Client::new(settings)?), settings_of_polls, sender, stop.clone());
    let mut watches = HashMap::new();
    for number in 0..TARGETS {
        let app = format!("{number}-shop");
        let id = WatchId { namespace: "team-a".into(), name: app.as_str().into() };
        polls.subscribe(&id, subscription(&app, -1)?);
        watches.insert(id, (app.clone(), Watch::new(&app)?));
    }
    let (start, mut spent, mut began) = (Instant::now(), Spent { polls: 0.0, seconds: 0.0 }, None);
    let mut heartbeats = 0;
    while start.elapsed() < WARM_UP + MEASURED {
        if began.is_none() && start.elapsed() >= WARM_UP {
            began = Some(thread_seconds()?);
            spent.polls = 0.0;
        }
        let id = tokio::select! {
            id = news.recv() => id.ok_or("the polls have ended")?,
            () = sleep(Duration::from_secs(1)) => continue,
        };
        let Some((app, watch)) = watches.get_mut(&id) else { continue };
        let Some(seen) = polls.latest(&id) else { continue };
        let Snapshot { pace, observation: Some(observation) } = &seen else { continue };
        let decision = watch.decide(observation, pace, whole_seconds(Timestamp::now()));
        heartbeats += u32::from(watch.take(decision));
        polls.subscribe(&id, subscription(app, 1)?);
        polls.acknowledge(&id, &seen);
        spent.polls += 1.0;
    }
    spent.seconds = thread_seconds()? - began.ok_or("no warm-up")?;
    stop.cancel();
    if heartbeats as usize > 2 * TARGETS {
        return Err(format!("{heartbeats} writes of unchanged answers").into());
    }
    Ok(spent)
}

fn subscription(app: &str, observed_generation: i64) -> Result<Subscription> {
    let number: usize = app.split('-').next().unwrap_or_default().parse()?;
    let region = format!("cn-{}", number / IN_A_REGION);
    Ok(Subscription {
        object: 0,
        target: Arc::new(Target::application(region.parse()?, app.parse()?)),
        interval: INTERVAL,
        timeout: Duration::from_secs(10),
        generation: 1,
        observed_generation,
        request: None,
        fresh_since: Some(Timestamp::now()),
        attention: Attention { health: Health::Healthy, changed_at: None },
        confirm: false,
    })
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
