//! What the operator may rely on, on a paused clock.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::api::Health;
use crate::domain::{Attempt, ObservedGroup, ObservedInstance, Target};
use crate::sae::{
    Api, ApplicationsCall, ApplicationsPage, Error, GroupsCall, InstancesCall, InstancesPage, StatusCall,
};
use crate::telemetry::Liveness;

#[derive(Default)]
struct Sae {
    calls: Mutex<Vec<Instant>>,
    groups: AtomicU32,
}

impl Sae {
    fn called(&self) {
        self.calls.lock().unwrap().push(Instant::now());
    }
}

impl Api for Sae {
    async fn instances(&self, call: &InstancesCall, _: Duration) -> Result<InstancesPage, Error> {
        self.called();
        sleep(Duration::from_millis(100)).await;
        let instance = ObservedInstance {
            id: format!("{}-0", call.app),
            container: Some("Running".into()),
            ..ObservedInstance::default()
        };
        Ok(InstancesPage { instances: vec![instance], total: Some(1) })
    }

    async fn groups(&self, _: &GroupsCall, _: Duration) -> Result<Vec<ObservedGroup>, Error> {
        self.called();
        self.groups.fetch_add(1, Ordering::Relaxed);
        Ok(vec![ObservedGroup {
            id: "g".into(),
            name: None,
            replicas: Some(1),
            image: None,
            package_version: None,
        }])
    }

    async fn applications(&self, _: &ApplicationsCall, _: Duration) -> Result<ApplicationsPage, Error> {
        self.called();
        Ok(ApplicationsPage { applications: Vec::new(), total: Some(0) })
    }

    async fn is_stopped(&self, _: &StatusCall, _: Duration) -> Result<bool, Error> {
        self.called();
        Ok(false)
    }
}

fn want(app: &str) -> Want {
    Want {
        target: Target {
            region: "cn-hangzhou".parse().unwrap(),
            app: app.parse().unwrap(),
            groups: None,
            instance: None,
            pipeline: None,
        },
        interval: Duration::from_secs(60),
        timeout: Duration::from_secs(10),
        generation: 1,
        observed_generation: -1,
        request: None,
        fresh_since: None,
        attention: Attention { health: Health::Unknown, changed_at: None },
        confirm: false,
    }
}

fn id(name: &str) -> WatchId {
    WatchId { namespace: "default".into(), name: name.into() }
}

fn settings() -> Settings {
    Settings { calls_per_minute: 30, clock: Clock::steady(Timestamp::UNIX_EPOCH) }
}

#[tokio::test(start_paused = true)]
async fn a_watch_is_answered_and_then_polled_by_the_clock() {
    let (sae, stop) = (Arc::new(Sae::default()), CancellationToken::new());
    let (polls, mut news) = start(sae.clone(), settings(), stop.clone());
    let started = Instant::now();
    polls.want(&id("a"), want("a"));
    assert_eq!(news.recv().await, Some(id("a")));
    assert!(started.elapsed() <= Duration::from_secs(5), "{:?}", started.elapsed());
    let seen = polls.newest(&id("a")).unwrap();
    assert_eq!(seen.observation.as_ref().unwrap().instances.len(), 1);
    assert_eq!((seen.pace.last.clone(), seen.pace.generation), (Some(Attempt::Observed), Some(1)));
    polls.rendered(&id("a"), &seen);
    assert!(polls.newest(&id("a")).unwrap().observation.is_none());
    polls.want(
        &id("a"),
        Want { observed_generation: 1, fresh_since: Some(Timestamp::UNIX_EPOCH), ..want("a") },
    );
    sleep(Duration::from_secs(3600)).await;
    let calls = sae.calls.lock().unwrap().len();
    assert!((60..=70).contains(&calls), "{calls} calls in an hour");
    polls.forget(&id("a"));
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(sae.calls.lock().unwrap().len(), calls);
    stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn the_scheduler_has_a_pulse_also_with_nothing_to_do_and_loses_it_with_its_end() {
    let (liveness, stop) = (Liveness::default(), CancellationToken::new());
    let (polls, _news) = start(Arc::new(Sae::default()), Settings::new(30), stop.clone());
    liveness.follow("the scheduler", polls.pulse());
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(liveness.trouble(), None);
    stop.cancel();
    sleep(Duration::from_secs(75)).await;
    assert!(liveness.trouble().is_some());
}
