//! What one unchanged poll costs, beside the least that anybody must do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use saewatch::api::Health;
use saewatch::domain::{Account, Target, TargetRef};
use saewatch::poll::{self, Attention, Clock, NewsSender, Polls, Snapshot, Subscription, WatchId};
use saewatch::sae::{self, Client, Environment};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::cpu::thread_seconds;
use crate::page::{self, Page};
use crate::stage::INSTANCES;
use crate::table::{Row, progress};
use crate::watch::Watch;
use crate::{ACCOUNTS, Result};

const TARGETS: usize = 1900;
/// Fewer than the 20 from which on a pre-check would ask for more.
const IN_A_REGION: usize = 19;
/// The shortest time between two polls of one target.
const INTERVAL: Duration = Duration::from_secs(5);
/// The scheduler lets polls by the clock wait for 10 s after its start.
const WARM_UP: Duration = Duration::from_secs(13);
const MEASURED: Duration = Duration::from_secs(30);
const MOST: f64 = 1.5;
const MOST_OF_ACCOUNTS: f64 = 1.05;

/// Polls and CPU seconds.
struct Spent {
    polls: f64,
    seconds: f64,
}

/// All sides at the same time and the same pace, each in a thread of its own, against one server that answers them
/// alike: one scheduler, one for each of many accounts, and a client without any.
pub fn unchanged() -> Result<[Row; 2]> {
    progress("one poll: 43 s of polling, side by side");
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let address = server.block_on(serve())?;
    // Named, so that a profiler tells them apart.
    let named = |name: &str| std::thread::Builder::new().name(name.into());
    let accounts = named("accounts").spawn(move || on_one_thread(ours(address, ACCOUNTS)))?;
    let ours = named("ours").spawn(move || on_one_thread(ours(address, 0)))?;
    let bare = named("bare").spawn(move || on_one_thread(bare(address)))?;
    let ours = ours.join().map_err(|_| "the scheduler's side panicked")??;
    let accounts = accounts.join().map_err(|_| "the side with accounts panicked")??;
    let bare = bare.join().map_err(|_| "the bare side panicked")??;
    let each = |spent: &Spent| spent.seconds / spent.polls * 1e6;
    let ratio = each(&ours) / each(&bare);
    let ratio_of_accounts = each(&accounts) / each(&ours);
    let of_accounts = Row {
        measure: format!("… with {ACCOUNTS} accounts"),
        method: format!(
            "{:.0} µs of CPU over {} polls; one scheduler for all, beside it, {:.0} µs",
            each(&accounts),
            accounts.polls,
            each(&ours)
        ),
        result: format!("{ratio_of_accounts:.2} ×"),
        bar: "≤ 1.05 ×",
        holds: Some(ratio_of_accounts <= MOST_OF_ACCOUNTS),
    };
    let of_one = Row {
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
    };
    Ok([of_one, of_accounts])
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

/// The scheduler of an account, or of the operator's own keys, and the account as its targets name it.
fn start(
    address: std::net::SocketAddr,
    account: Option<Account>,
    news: NewsSender,
    stop: &CancellationToken,
) -> Result<(Polls, Option<Arc<Account>>)> {
    let environment = Environment::of([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "key-id"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "key-secret"),
    ]);
    let settings =
        sae::Settings::new().endpoint(format!("http://{address}").parse()?).environment(environment);
    // A budget that is never short.
    let settings_of_polls = poll::Settings {
        account: account.as_ref().map(|account| account.name.clone()),
        calls_per_minute: 60_000,
        clock: Clock::system(),
    };
    let polls = poll::start(Arc::new(Client::new(settings)?), settings_of_polls, news, stop.clone());
    Ok((polls, account.map(Arc::new)))
}

/// The schedulers of so many accounts; with none, that of the operator's own keys.
fn start_all(
    address: std::net::SocketAddr,
    accounts: usize,
    news: &NewsSender,
    stop: &CancellationToken,
) -> Result<Vec<(Polls, Option<Arc<Account>>)>> {
    if accounts == 0 {
        return Ok(vec![start(address, None, news.clone(), stop)?]);
    }
    let of_account = |number| {
        let account =
            Account { name: format!("company-{number}").parse()?, id: format!("2{number:015}").parse()? };
        start(address, Some(account), news.clone(), stop)
    };
    (0..accounts).map(of_account).collect()
}

async fn ours(address: std::net::SocketAddr, accounts: usize) -> Result<Spent> {
    let stop = CancellationToken::new();
    let (sender, mut news) = poll::news();
    let schedulers = start_all(address, accounts, &sender, &stop)?;
    let scheduler = |number: usize| &schedulers[number % schedulers.len()];
    let mut watches = HashMap::new();
    for number in 0..TARGETS {
        let app = format!("{number}-shop");
        let id = WatchId { namespace: "team-a".into(), name: app.as_str().into() };
        let (polls, account) = scheduler(number);
        polls.subscribe(&id, subscription(number, account.clone(), -1)?);
        watches.insert(id, (number, Watch::new(&app, account.clone())?));
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
        let Some((number, watch)) = watches.get_mut(&id) else { continue };
        let (polls, account) = scheduler(*number);
        let Some(seen) = polls.latest(&id) else { continue };
        let Snapshot { pace, observation: Some(observation), .. } = &seen else { continue };
        let decision = watch.decide(observation, pace, whole_seconds(Timestamp::now()));
        heartbeats += u32::from(watch.take(decision));
        polls.subscribe(&id, subscription(*number, account.clone(), 1)?);
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

fn subscription(
    number: usize,
    account: Option<Arc<Account>>,
    observed_generation: i64,
) -> Result<Subscription> {
    let region = format!("cn-{}", number / IN_A_REGION);
    let app = format!("{number}-shop");
    Ok(Subscription {
        object: 0,
        target: TargetRef::Id(Arc::new(Target {
            account,
            ..Target::application(region.parse()?, app.parse()?)
        })),
        interval: INTERVAL,
        timeout: Duration::from_secs(10),
        generation: 1,
        observed_generation,
        request: None,
        fresh_since: Some(Timestamp::now()),
        attention: Attention { health: Health::Healthy, changed_at: None },
        confirm: false,
        of_set: false,
        diagnosis: None,
        diagnosed_at: None,
        namespace: None,
    })
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
