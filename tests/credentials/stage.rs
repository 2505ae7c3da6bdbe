//! What every test here stands on: a simulator, an environment, a home directory, a clock.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sae_simulator::{Application, Call, KEY_ID, KEY_SECRET, Operation, Simulator};
use saewatch::sae::{Ask, Client, Clock, Environment, Error, KeySource, Settings, StatusCall};

/// Another account than the one whose keys the stage has.
pub const OTHER: &str = "222222222222";
const TIMEOUT: Duration = Duration::from_secs(5);

/// A simulator, an environment, a home directory and a clock for one client.
pub struct Stage {
    pub sim: Simulator,
    home: tempfile::TempDir,
    variables: Vec<(String, String)>,
    /// The client's time at first. It stands still, however long a busy machine takes, until [`Stage::pass`].
    start: Timestamp,
    /// How far time has been moved since.
    ahead_seconds: Arc<AtomicI64>,
}

impl Stage {
    pub fn new() -> Self {
        let sim = Simulator::start();
        sim.put_application(application());
        let home = tempfile::tempdir().unwrap();
        let (start, ahead_seconds) = (Timestamp::now(), Arc::default());
        let stage = Self { sim, home, variables: Vec::new(), start, ahead_seconds };
        // Nobody waits for a metadata service that is not there.
        let home = stage.home.path().to_str().unwrap().to_owned();
        stage.with("HOME", &home).with("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the three variables and the token that a pod with RRSA has.
    pub fn with_pod_role(self) -> Self {
        self.write("token", "header.marked.sig\n");
        let token_file = self.home.path().join("token").to_str().unwrap().to_owned();
        self.with("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::113511544585:role/watcher")
            .with("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::113511544585:oidc-provider/ack-rrsa-c1")
            .with("ALIBABA_CLOUD_OIDC_TOKEN_FILE", &token_file)
    }

    /// With the demo key in the environment.
    pub fn with_keys(self) -> Self {
        self.with("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID).with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
    }

    /// With another account that has the application, and a key `other-key`.
    pub fn with_other_account(self) -> Self {
        self.sim.account(OTHER).add_key("other-key", "secret");
        self.with_account(OTHER)
    }

    /// With an account of this number that has the application.
    pub fn with_account(self, id: &str) -> Self {
        self.sim.account(id).put_application(application());
        self
    }

    /// A path below the home directory.
    pub fn path(&self, file: &str) -> PathBuf {
        self.home.path().join(file)
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn client(&self) -> Client {
        Client::new(self.settings()).unwrap()
    }

    /// A client with the keys of this profile.
    pub fn client_of(&self, profile: &str) -> Client {
        Client::new(self.settings().profile(profile.parse().unwrap())).unwrap()
    }

    fn settings(&self) -> Settings {
        let (start, ahead) = (self.start, self.ahead_seconds.clone());
        let clock = move || start + SignedDuration::from_secs(ahead.load(Ordering::Relaxed));
        Settings::new()
            .endpoint(self.sim.endpoint().parse().unwrap())
            .sts_endpoint(self.sim.endpoint().parse().unwrap())
            .environment(Environment::of(self.variables.clone()))
            .clock(Clock::new(clock))
    }

    /// Time passes, for the client and for the server alike. Nothing may be under way meanwhile, in the background either:
    /// keys that are issued before and arrive after may have ended.
    pub fn pass(&self, minutes: i64) {
        let ahead = self.ahead_seconds.fetch_add(60 * minutes, Ordering::Relaxed) + 60 * minutes;
        self.sim.set_clock_offset(SignedDuration::from_secs(ahead));
    }

    pub fn calls(&self, operation: Operation) -> Vec<Call> {
        self.sim.calls_of(operation)
    }

    /// The calls to SAE.
    pub fn calls_of_sae(&self) -> Vec<Call> {
        self.sim.calls().into_iter().filter(|call| call.operation.path().is_some()).collect()
    }

    /// The key of the newest call to SAE.
    pub fn key_used(&self) -> String {
        self.calls(Operation::DescribeApplicationStatus).pop().unwrap().key_id.unwrap()
    }
}

pub async fn ask(client: &Client) -> Result<bool, Error> {
    let call = StatusCall { region: "cn-hangzhou".parse().unwrap(), app: "demo-shop".parse().unwrap() };
    client.ask(&call, TIMEOUT).await
}

/// Waits until something holds that happens in the background, however busy the machine is.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not come within 10 s");
}

pub fn config(profile: &str) -> String {
    format!(r#"{{"current": "p", "profiles": [{{"name": "p", {profile}}}]}}"#)
}

fn application() -> Application {
    Application::new("demo-shop").group("g-1", 1).running(1)
}

/// A file with one profile of this name and key, whose secret is `secret`.
pub fn profile(name: &str, id: &str) -> String {
    let keys = format!(r#""access_key_id": "{id}", "access_key_secret": "secret""#);
    format!(r#"{{"current": "p", "profiles": [{{"name": "{name}", "mode": "AK", {keys}}}]}}"#)
}

/// The role `watcher` of an account.
pub fn role(account: &str, external_id: Option<&str>) -> KeySource {
    KeySource::Role {
        arn: format!("acs:ram::{account}:role/watcher").parse().unwrap(),
        external_id: external_id.map(|id| id.parse().unwrap()),
    }
}
