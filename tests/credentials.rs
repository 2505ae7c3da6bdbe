//! Where keys come from, from outside: the order, one identity for good, one search at a time, renewal ahead of the
//! end, files read again, and no secret in any word.
#![cfg(test)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sae_simulator::{Application, Call, Fault, KEY_ID, KEY_SECRET, Operation, Simulator};
use saewatch::sae::{Api, Class, Client, Clock, Environment, Error, Provider, Settings, StatusCall};

const TIMEOUT: Duration = Duration::from_secs(5);

/// A simulator, an environment, a home directory and a clock for one client.
struct Stage {
    sim: Simulator,
    home: tempfile::TempDir,
    variables: Vec<(String, String)>,
    /// How far ahead of the machine's clock everybody's time is.
    ahead_seconds: Arc<AtomicI64>,
}

impl Stage {
    fn new() -> Self {
        let sim = Simulator::start();
        sim.put_application(Application::new("demo-shop").group("g-1", 1).running(1));
        let home = tempfile::tempdir().unwrap();
        let stage = Self { sim, home, variables: Vec::new(), ahead_seconds: Arc::default() };
        // Nobody waits for a metadata service that is not there.
        let home = stage.home.path().to_str().unwrap().to_owned();
        stage.with("HOME", &home).with("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the three variables and the token that a pod with RRSA has.
    fn with_pod_role(self) -> Self {
        self.write("token", "header.marked.sig\n");
        let token_file = self.home.path().join("token").to_str().unwrap().to_owned();
        self.with("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::113511544585:role/watcher")
            .with("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::113511544585:oidc-provider/ack-rrsa-c1")
            .with("ALIBABA_CLOUD_OIDC_TOKEN_FILE", &token_file)
    }

    /// With the demo key in the environment.
    fn with_keys(self) -> Self {
        self.with("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID).with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.home.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn client(&self) -> Client {
        let ahead = self.ahead_seconds.clone();
        let clock = move || Timestamp::now() + SignedDuration::from_secs(ahead.load(Ordering::Relaxed));
        let settings = Settings::new()
            .endpoint(self.sim.endpoint().parse().unwrap())
            .sts_endpoint(self.sim.endpoint().parse().unwrap())
            .environment(Environment::of(self.variables.clone()))
            .clock(Clock::new(clock));
        Client::new(settings).unwrap()
    }

    /// Time passes, for the client and for the server alike.
    fn pass(&self, minutes: i64) {
        let ahead = self.ahead_seconds.fetch_add(60 * minutes, Ordering::Relaxed) + 60 * minutes;
        self.sim.set_clock_offset(SignedDuration::from_secs(ahead));
    }

    fn calls(&self, operation: Operation) -> Vec<Call> {
        self.sim.calls_of(operation)
    }

    /// The key of the newest call to SAE.
    fn key_used(&self) -> String {
        self.calls(Operation::DescribeApplicationStatus).pop().unwrap().key_id.unwrap()
    }
}

async fn ask(client: &Client) -> Result<bool, Error> {
    let call = StatusCall { region: "cn-hangzhou".parse().unwrap(), app: "demo-shop".parse().unwrap() };
    client.is_stopped(&call, TIMEOUT).await
}

/// Waits until the searches in the background are over.
async fn settled(stage: &Stage, operation: Operation, calls: usize) {
    for _ in 0..200 {
        if stage.calls(operation).len() >= calls {
            // The answer is on its way.
            tokio::time::sleep(Duration::from_millis(50)).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{operation} was called {} times, not {calls}", stage.calls(operation).len());
}

fn config(profile: &str) -> String {
    format!(r#"{{"current": "p", "profiles": [{{"name": "p", {profile}}}]}}"#)
}

// The order.

#[tokio::test]
async fn keys_of_the_environment_come_before_the_role_of_the_pod() {
    let stage = Stage::new().with_keys().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), KEY_ID);
    assert!(stage.calls(Operation::AssumeRoleWithOIDC).is_empty());
    assert_eq!(client.credentials().report().provider, Some(Provider::Environment));
}

#[tokio::test]
async fn a_pod_asks_with_the_keys_of_its_role() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    assert!(stage.key_used().starts_with("STS."));
    let exchange = &stage.calls(Operation::AssumeRoleWithOIDC)[0];
    assert_eq!(exchange.parameter("OIDCToken"), Some("header.marked.sig"), "without the newline of the file");
    assert_eq!(exchange.parameter("RoleSessionName"), Some("saewatch"));
    assert!(exchange.query.iter().all(|(_, value)| !value.contains("marked")), "not in a URL");
}

#[tokio::test]
async fn a_hiccup_of_sts_makes_nobody_somebody_else() {
    let stage = Stage::new().with_pod_role();
    let stage = Stage {
        variables: [
            stage.variables.clone(),
            vec![("ALIBABA_CLOUD_CREDENTIALS_URI".into(), stage.sim.credentials_uri())],
        ]
        .concat(),
        ..stage
    };
    stage.write(
        ".aliyun/config.json",
        &config(r#""mode": "AK", "access_key_id": "x", "access_key_secret": "y""#),
    );
    let client = stage.client();
    stage.sim.inject(Fault::error(503, "ServiceUnavailable").on(Operation::AssumeRoleWithOIDC));
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.class, Class::Transient(None));
    assert!(error.to_string().starts_with("AssumeRoleWithOIDC: ServiceUnavailable (HTTP 503)"), "{error}");
    assert!(stage.calls(Operation::DescribeApplicationStatus).is_empty());
    assert!(stage.calls(Operation::CredentialsUri).is_empty());
    ask(&client).await.unwrap();
    assert_eq!(client.credentials().report().provider, Some(Provider::Oidc));
}

#[tokio::test]
async fn some_of_the_oidc_variables_are_an_error_that_names_the_missing_one() {
    let stage = Stage::new().with("ALIBABA_CLOUD_ROLE_ARN", "r").with("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/t");
    stage.write(
        ".aliyun/config.json",
        &config(r#""mode": "AK", "access_key_id": "x", "access_key_secret": "y""#),
    );
    let error = ask(&stage.client()).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsMissing);
    assert!(error.to_string().contains("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"), "{error}");
}

#[tokio::test]
async fn a_role_that_sts_refuses_is_an_error_that_says_what_to_check() {
    let stage = Stage::new().with_pod_role();
    stage.sim.trust_oidc_token("another");
    let error = ask(&stage.client()).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsRejected);
    assert_eq!(
        error.to_string(),
        "AssumeRoleWithOIDC: AuthenticationFail.OIDCToken.Expired (HTTP 400): This JWT is expired; check the role, \
         its trust policy, the OIDC provider and the token"
    );
}

#[tokio::test]
async fn a_throttle_of_sts_is_not_the_quota_of_sae() {
    let stage = Stage::new().with_pod_role();
    stage.sim.inject(Fault::throttle().on(Operation::AssumeRoleWithOIDC));
    assert_eq!(ask(&stage.client()).await.unwrap_err().class, Class::Transient(None));
}

#[tokio::test]
async fn without_credentials_the_error_says_what_was_tried_and_why_each_did_not_serve() {
    let stage = Stage::new();
    let client = stage.client();
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsMissing);
    let text = error.to_string();
    for part in [
        "environment: ALIBABA_CLOUD_ACCESS_KEY_ID is not set",
        "OIDC: ALIBABA_CLOUD_OIDC_TOKEN_FILE is not set",
        "config.json: no ~/.aliyun/config.json",
        "credentials file: no ~/.alibabacloud/credentials",
        "ECS RAM role: ALIBABA_CLOUD_ECS_METADATA_DISABLED is true",
        "credentials URI: ALIBABA_CLOUD_CREDENTIALS_URI is not set",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(text.len() <= 512, "it has to fit a condition: {} bytes", text.len());
    assert_eq!(client.credentials().report().tries.len(), 6);
    assert!(stage.sim.calls().is_empty());
}

// The files.

#[tokio::test]
async fn profiles_of_the_cli_serve_by_their_mode() {
    let keys = format!(r#""access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}""#);
    let role = r#""ram_role_arn": "acs:ram::113511544585:role/r", "ram_session_name": "session""#;
    for (mode, fields, exchange) in
        [("AK", keys.clone(), None), ("RamRoleArn", format!("{keys}, {role}"), Some(Operation::AssumeRole))]
    {
        let stage = Stage::new();
        stage.write(".aliyun/config.json", &config(&format!(r#""mode": "{mode}", {fields}"#)));
        ask(&stage.client()).await.unwrap();
        assert_eq!(stage.key_used() == KEY_ID, exchange.is_none(), "{mode}");
        if let Some(exchange) = exchange {
            assert_eq!(stage.calls(exchange)[0].parameter("RoleSessionName"), Some("session"));
        }
    }
}

#[tokio::test]
async fn a_chain_of_roles_is_climbed() {
    let stage = Stage::new();
    let config = format!(
        r#"{{"current": "top", "profiles": [
            {{"name": "top", "mode": "ChainableRamRoleArn", "source_profile": "middle",
              "ram_role_arn": "acs:ram::113511544585:role/top", "policy": "{{\"é *\": \"空~\"}}"}},
            {{"name": "middle", "mode": "RamRoleArn", "ram_role_arn": "acs:ram::113511544585:role/middle",
              "access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}"}}]}}"#
    );
    stage.write(".aliyun/config.json", &config);
    ask(&stage.client()).await.unwrap();
    let steps = stage.calls(Operation::AssumeRole);
    assert_eq!(steps[0].key_id.as_deref(), Some(KEY_ID));
    assert_eq!(steps[1].key_id.as_ref().map(|key| key.starts_with("STS.")), Some(true));
    assert_eq!(steps[1].parameter("Policy"), Some("{\"é *\": \"空~\"}"));
}

#[tokio::test]
async fn the_older_file_and_the_credentials_uri_serve_too() {
    let stage = Stage::new();
    let section =
        format!("[default]\ntype = access_key\naccess_key_id = {KEY_ID}\naccess_key_secret = {KEY_SECRET}\n");
    stage.write(".alibabacloud/credentials", &section);
    ask(&stage.client()).await.unwrap();
    assert_eq!(stage.key_used(), KEY_ID);

    let stage = Stage::new();
    let uri = stage.sim.credentials_uri();
    let stage = stage.with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri);
    let client = stage.client();
    ask(&client).await.unwrap();
    assert!(stage.key_used().starts_with("STS."));
    assert_eq!(client.credentials().report().provider, Some(Provider::CredentialsUri));
}

#[tokio::test]
async fn a_file_that_changes_is_read_again() {
    let stage = Stage::new();
    stage.sim.add_key("second", "second-secret");
    let key = |id: &str, secret: &str| {
        config(&format!(r#""mode": "AK", "access_key_id": "{id}", "access_key_secret": "{secret}""#))
    };
    stage.write(".aliyun/config.json", &key(KEY_ID, KEY_SECRET));
    let client = stage.client();
    ask(&client).await.unwrap();
    let before = client.credentials().fingerprint();
    stage.write(".aliyun/config.json", &key("second", "second-secret"));
    assert_ne!(client.credentials().fingerprint(), before);
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), "second");
}

#[tokio::test]
async fn the_pods_new_token_is_noticed_and_its_keys_serve_on() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    let before = client.credentials().fingerprint();
    stage.write("token", "header.another-marked.sig");
    assert_ne!(client.credentials().fingerprint(), before, "who waits after a refusal may ask again");
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 1);
}

// The time.

#[tokio::test]
async fn however_many_calls_wait_there_is_one_search() {
    let stage = Stage::new().with_pod_role();
    stage.sim.inject(Fault::delay(Duration::from_millis(100)).on(Operation::AssumeRoleWithOIDC));
    let client = stage.client();
    let answers = futures::future::join_all((0..16).map(|_| ask(&client))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 1);
}

#[tokio::test]
async fn a_caller_that_gives_up_ends_the_search_for_nobody() {
    let stage = Stage::new().with_pod_role();
    stage.sim.inject(Fault::delay(Duration::from_millis(200)).on(Operation::AssumeRoleWithOIDC));
    let client = stage.client();
    assert!(tokio::time::timeout(Duration::from_millis(50), ask(&client)).await.is_err());
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 1);
}

#[tokio::test]
async fn keys_are_renewed_in_the_background_ahead_of_their_end() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    let first = stage.key_used();
    stage.pass(30);
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 1, "half an hour is no reason");
    stage.pass(16);
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), first, "nobody waits for a renewal");
    settled(&stage, Operation::AssumeRoleWithOIDC, 2).await;
    ask(&client).await.unwrap();
    assert_ne!(stage.key_used(), first);
}

#[tokio::test]
async fn the_old_keys_serve_until_shortly_before_their_end() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    stage
        .sim
        .inject(Fault::error(503, "ServiceUnavailable").on(Operation::AssumeRoleWithOIDC).until_cleared());
    stage.pass(50);
    ask(&client).await.unwrap();
    settled(&stage, Operation::AssumeRoleWithOIDC, 2).await;
    let report = client.credentials().report();
    assert!(report.failure.is_some() && report.provider == Some(Provider::Oidc), "{report:?}");
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 2, "a failed renewal pauses");
    stage.pass(8);
    ask(&client).await.unwrap();
    stage.pass(1);
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.class, Class::Transient(None), "{error}");
    stage.sim.clear_faults();
    ask(&client).await.unwrap();
}

#[tokio::test]
async fn a_token_that_ended_before_its_time_is_replaced_once() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    stage.pass(5);
    stage.sim.expire_sessions();
    assert_eq!(ask(&client).await.unwrap_err().class, Class::SignAnew);
    ask(&client).await.unwrap();
    stage.sim.expire_sessions();
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsRejected, "fresh keys that are refused did not expire");
    assert!(error.to_string().contains("the role acs:ram::113511544585:role/watcher"), "{error}");
}

#[tokio::test]
async fn keys_that_come_expired_are_never_used() {
    let stage = Stage::new().with_pod_role();
    stage.sim.set_session_lifetime(Duration::ZERO);
    let error = ask(&stage.client()).await.unwrap_err();
    assert!(error.to_string().contains("already expired"), "{error}");
    assert!(stage.calls(Operation::DescribeApplicationStatus).is_empty());
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_by_the_servers_date() {
    let stage = Stage::new().with_keys();
    stage.sim.set_clock_offset(SignedDuration::from_hours(-5));
    let client = stage.client();
    assert_eq!(ask(&client).await.unwrap_err().class, Class::SignAnew, "one request a question");
    ask(&client).await.unwrap();
    ask(&client).await.unwrap();
    assert_eq!(stage.sim.calls().len(), 3);
}

#[tokio::test]
async fn a_clock_that_cannot_be_corrected_is_told_once_and_for_all() {
    let stage = Stage::new().with_keys();
    stage.sim.inject(Fault::error(400, "InvalidTimeStamp.Expired").times(2));
    let client = stage.client();
    for _ in 0..2 {
        assert_eq!(ask(&client).await.unwrap_err().class, Class::CredentialsRejected, "the clock was right");
    }
}

#[tokio::test]
async fn sts_corrects_the_clock_too_and_is_asked_again_at_once() {
    let stage = Stage::new();
    let keys = format!(r#""access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}""#);
    let fields = format!(r#""mode": "RamRoleArn", {keys}, "ram_role_arn": "acs:ram::113511544585:role/r""#);
    stage.write(".aliyun/config.json", &config(&fields));
    stage.sim.set_clock_offset(SignedDuration::from_hours(7));
    ask(&stage.client()).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRole).len(), 2);
}

// The secrets.

#[tokio::test]
async fn no_secret_is_in_any_word() {
    let fields = r#""mode": "StsToken", "access_key_id": "id", "access_key_secret": "marked-secret",
        "sts_token": "marked-token""#;
    let mut words = String::new();
    let mut hear = |stage: &Stage, client: &Client, answer: Result<bool, Error>| {
        let error = answer.unwrap_err();
        let report = client.credentials().report();
        words += &format!("{error} {error:?} {client:?} {report:?} {:?}\n", stage.variables.len());
    };
    let stage = Stage::new();
    stage.write(".aliyun/config.json", &config(fields));
    let client = stage.client();
    hear(&stage, &client, ask(&client).await);

    stage.write(
        ".aliyun/config.json",
        r#"{"profiles": [{"name": "marked-secret", "expired_seconds": "marked"}]}"#,
    );
    hear(&stage, &client, ask(&client).await);

    let stage = Stage::new()
        .with("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
        .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "marked secret with \u{1} in it");
    let client = stage.client();
    hear(&stage, &client, ask(&client).await);

    let stage =
        Stage::new().with("ALIBABA_CLOUD_CREDENTIALS_URI", "http://user:marked@192.0.2.1/?token=marked");
    let client = stage.client();
    hear(&stage, &client, ask(&client).await);
    assert!(words.contains("CredentialsRejected"), "{words}");
    assert!(!words.contains("marked"), "{words}");
}
