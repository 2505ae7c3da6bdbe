//! One operator for the accounts of a company: who may use which, whose the keys are, and what changes at once.

use std::path::PathBuf;
use std::time::Duration;

use devcluster::ControlPlane;
use kube::Client;
use sae_simulator::{Application, Call, Fault, KEY_ID, KEY_SECRET, Operation, Simulator};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::support::{Operator, World, condition, eventually, get, install_crd, watch_path};

/// The account that the operator assumes a role of.
pub const PROD: &str = "222222222222";
/// The account of which the operator has a profile.
pub const STAGING: &str = "333333333333";

/// The path of all accounts at the API server.
const ACCOUNTS: &str = "/apis/saewatch.dev/v1alpha1/saeaccounts";

static CLUSTER: OnceCell<ControlPlane> = OnceCell::const_new();

/// The control plane of all companies: each has the objects with its label, and its operator knows no others.
async fn cluster() -> &'static ControlPlane {
    CLUSTER
        .get_or_init(async || {
            let cluster = ControlPlane::start().await.unwrap();
            install_crd(&cluster, include_str!("../../crds/saeappwatches.yaml")).await;
            install_crd(&cluster, include_str!("../../crds/saeaccounts.yaml")).await;
            install_crd(&cluster, include_str!("../../crds/saeappwatchsets.yaml")).await;
            cluster
        })
        .await
}

/// A company: three teams, and an SAE of three accounts.
pub struct Company {
    pub name: String,
    pub sae: Simulator,
    profiles: PathBuf,
    client: Client,
    cluster: &'static ControlPlane,
}

impl Company {
    pub async fn new(name: &str) -> Self {
        let cluster = cluster().await;
        let sae = Simulator::start();
        sae.account(PROD).add_role("saewatch", Some("company-7"));
        sae.account(STAGING).add_key("staging-key-id", "staging-key-secret");
        for account in [PROD, STAGING] {
            for app in ["shop", "till"] {
                let application = Application::new(app).named(app).group("g-1", 2).running(2);
                sae.account(account).put_application(application);
            }
        }
        let profiles = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("profiles-{name}.json"));
        let company = Self { name: name.to_owned(), sae, profiles, client: cluster.client(), cluster };
        for team in ["a", "b", "c"] {
            company.kubectl(&["create", "namespace", &company.of(team)]).await;
        }
        company.write_profile("staging-key-id");
        company
    }

    /// The name of a namespace or an account of this company.
    pub fn of(&self, what: &str) -> String {
        format!("{}-{what}", self.name)
    }

    /// Writes the profile `staging` with this key.
    pub fn write_profile(&self, id: &str) {
        let keys = [id, "staging-key-secret"];
        let staging =
            json!({"name": "staging", "mode": "AK", "access_key_id": keys[0], "access_key_secret": keys[1]});
        let own = json!({"name": "default", "mode": "AK", "access_key_id": KEY_ID, "access_key_secret": KEY_SECRET});
        let file = json!({"current": "default", "profiles": [own, staging]});
        std::fs::write(&self.profiles, file.to_string()).unwrap();
    }

    /// The operator, with these flags too.
    pub fn operator(&self, flags: &[&str]) -> Operator {
        let mut command = World::bare_command();
        command
            .env("KUBECONFIG", self.cluster.kubeconfig())
            .env("SAEWATCH_CALLS_PER_MINUTE", "6000")
            .env("ALIBABA_CLOUD_CONFIG_FILE", &self.profiles)
            .args(["run", "--region", "cn-hangzhou", "--log-format", "text", "--http-addr", "127.0.0.1:0"])
            .args(["--watch-label-selector", &format!("company={}", self.name)])
            .args(["--endpoint", &self.sae.endpoint(), "--sts-endpoint", &self.sae.endpoint()])
            .args(flags);
        Operator::start(command)
    }

    /// Applies a manifest, with the label of this company.
    pub async fn apply(&self, manifest: &Value) {
        self.try_apply(manifest).await.checked().unwrap();
    }

    async fn try_apply(&self, manifest: &Value) -> devcluster::Output {
        let mut manifest = manifest.clone();
        manifest["apiVersion"] = json!("saewatch.dev/v1alpha1");
        manifest["metadata"]["labels"] = json!({"company": self.name});
        let apply = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
        self.cluster.kubectl_with_input(&apply, &manifest.to_string()).await.unwrap()
    }

    /// The manifest of an account.
    fn account(&self, name: &str, spec: &Value) -> Value {
        json!({"kind": "SaeAccount", "metadata": {"name": self.of(name)}, "spec": spec})
    }

    /// Declares the account `prod` for these namespaces.
    pub async fn declare_prod(&self, teams: &[&str]) {
        let namespaces: Vec<String> = teams.iter().map(|team| self.of(team)).collect();
        let role = format!("acs:ram::{PROD}:role/saewatch");
        let spec =
            json!({"accountId": PROD, "roleArn": role, "externalId": "company-7", "namespaces": namespaces});
        self.apply(&self.account("prod", &spec)).await;
    }

    /// Declares an account that is asked with the profile `staging`.
    pub async fn declare_staging(&self, name: &str, id: &str) {
        let spec = json!({"accountId": id, "profile": "staging", "namespaces": ["*"]});
        self.apply(&self.account(name, &spec)).await;
    }

    /// Declares a watch, which may name an account.
    pub async fn declare(&self, team: &str, name: &str, app: &str, account: Option<&str>, interval: &str) {
        let mut spec = json!({"appId": app, "interval": interval});
        if let Some(account) = account {
            spec["accountRef"] = json!({"name": self.of(account)});
        }
        let metadata = json!({"name": name, "namespace": self.of(team)});
        self.apply(&json!({"kind": "SaeAppWatch", "metadata": metadata, "spec": spec})).await;
    }

    pub async fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster.kubectl(arguments).await.unwrap().checked().unwrap()
    }

    pub async fn watch(&self, team: &str, name: &str) -> Value {
        get(&self.client, &watch_path(&self.of(team), name)).await
    }

    /// What the API server has of ours in the namespace of a team, such as `saeappwatches`.
    pub async fn get(&self, team: &str, what: &str) -> Value {
        get(&self.client, &format!("/apis/saewatch.dev/v1alpha1/namespaces/{}/{what}", self.of(team))).await
    }

    /// An account as it is stored.
    async fn stored_account(&self, name: &str) -> Value {
        get(&self.client, &format!("{ACCOUNTS}/{}", self.of(name))).await
    }

    /// Waits until Ready of a watch has this status and reason.
    pub async fn until_ready(&self, team: &str, watch: &str, status: &str, reason: &str) -> Value {
        let what = format!("{team}/{watch} {status} {reason}");
        let look = async || Some(self.watch(team, watch).await).filter(|it| is_ready(it, status, reason));
        eventually(&what, look).await
    }

    /// Waits until Ready of an account has this status and reason.
    pub async fn until_account(&self, name: &str, status: &str, reason: &str) -> Value {
        let what = format!("{name} {status} {reason}");
        let look = async || Some(self.stored_account(name).await).filter(|it| is_ready(it, status, reason));
        eventually(&what, look).await
    }

    /// The accounts of this company.
    pub async fn accounts(&self) -> Vec<Value> {
        let path = format!("{ACCOUNTS}?labelSelector=company%3D{}", self.name);
        get(&self.client, &path).await["items"].as_array().unwrap().clone()
    }

    /// The events of its watches and accounts, as type, reason and note; without digits, since they are times.
    pub async fn events(&self) -> Vec<String> {
        let all = get(&self.client, "/apis/events.k8s.io/v1/events").await;
        let ours = all["items"].as_array().unwrap().iter().filter(|event| {
            let text = |field: &str| event["regarding"][field].as_str().unwrap_or_default();
            let prefix = format!("{}-", self.name);
            text("namespace").starts_with(&prefix) || text("name").starts_with(&prefix)
        });
        ours.map(|event| {
            let text = |field: &str| event[field].as_str().unwrap_or_default();
            let without_times: Vec<&str> = text("note").split(|c: char| c.is_ascii_digit()).collect();
            let note = without_times.into_iter().filter(|part| !part.is_empty()).collect::<String>();
            format!("{} {} {note}", text("type"), text("reason"))
        })
        .collect()
    }

    /// The calls to SAE with keys of an account.
    pub fn calls(&self, account: &str) -> Vec<Call> {
        let mut calls = self.sae.account(account).calls();
        calls.retain(|call| Operation::SAE.contains(&call.operation));
        calls
    }

    /// The calls of an account that name an application.
    fn calls_for(&self, account: &str, app: &str) -> usize {
        let names = |call: &Call| call.query.iter().any(|(_, value)| value == app);
        self.calls(account).iter().filter(|call| names(call)).count()
    }
}

/// Whether Ready has this status and reason.
pub fn is_ready(object: &Value, status: &str, reason: &str) -> bool {
    let ready = condition(object, "Ready");
    ready["status"] == status && ready["reason"] == reason
}

#[tokio::test]
async fn three_teams_use_two_accounts_as_far_as_they_may() {
    let company = Company::new("teams").await;
    company.declare_prod(&["a"]).await;
    company.declare_staging("staging", STAGING).await;
    company.declare("a", "shop", "shop", Some("prod"), "15s").await;
    company.declare("b", "shop", "shop", Some("staging"), "15s").await;
    company.declare("c", "till", "till", Some("prod"), "15s").await;
    company.declare("c", "shop", "shop", Some("nowhere"), "15s").await;
    let _operator = company.operator(&[]);

    company.until_ready("a", "shop", "True", "Observed").await;
    let watch = company.until_ready("b", "shop", "True", "Observed").await;
    assert_eq!(watch["status"]["account"], company.of("staging"));
    let refused = company.until_ready("c", "till", "False", "AccountNotAllowed").await;
    assert_eq!(condition(&refused, "Stalled")["status"], "True");
    let lost = company.until_ready("c", "shop", "False", "AccountNotFound").await;
    assert_eq!(condition(&lost, "Reconciling")["reason"], "RetryingAfterFailure");
    assert!(condition(&lost, "Stalled").is_null());
    assert_eq!(company.calls_for(PROD, "till"), 0);
    assert!(company.calls_for(PROD, "shop") > 0 && company.calls_for(STAGING, "shop") > 0);

    // What a tenant reads holds no number, no ARN and nothing that STS says.
    let text = refused["status"].to_string() + &watch["status"].to_string() + &lost["status"].to_string();
    for secret in [PROD, STAGING, "acs:ram", "saewatch:"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }

    let prod = eventually("the watches of prod", async || {
        let prod = company.stored_account("prod").await;
        (prod["status"]["watches"]["total"] == 1 && prod["status"]["watches"]["healthy"] == 1).then_some(prod)
    })
    .await;
    assert_eq!(condition(&prod, "Ready")["reason"], "Verified");
    assert_eq!(prod["status"]["caller"], format!("acs:ram::{PROD}:assumed-role/saewatch/saewatch"));
    assert_eq!(prod["status"]["regions"][0]["id"], "cn-hangzhou");
    assert_eq!(prod["status"]["regions"][0]["watched"], 1);
    let table = company.kubectl(&["get", "saeacc", &company.of("prod")]).await;
    let words: Vec<&str> = table.lines().flat_map(str::split_whitespace).collect();
    assert_eq!(words[..7], ["NAME", "ACCOUNT", "READY", "REASON", "WATCHES", "UNWELL", "CALLS"], "{table}");
    assert_eq!(words[8..13], [company.of("prod").as_str(), PROD, "True", "Verified", "1"], "{table}");
}

#[tokio::test]
async fn keys_of_another_account_are_never_used() {
    let company = Company::new("mismatch").await;
    company.declare_staging("other", "444444444444").await;
    company.declare("a", "shop", "shop", Some("other"), "15s").await;
    let _operator = company.operator(&[]);
    let other = company.until_account("other", "False", "AccountMismatch").await;
    assert_eq!(condition(&other, "Stalled")["status"], "True");
    let message = condition(&other, "Ready")["message"].as_str().unwrap();
    assert!(message.contains(STAGING) && message.contains("444444444444"), "{message}");
    company.until_ready("a", "shop", "False", "AccountMismatch").await;
    assert_eq!(company.calls(STAGING).len(), 0);

    // The admin corrects the account: a name may stand for another number only as another object.
    company.kubectl(&["delete", "saeaccount", &company.of("other")]).await;
    company.until_ready("a", "shop", "False", "AccountNotFound").await;
    company.declare_staging("other", STAGING).await;
    company.until_ready("a", "shop", "True", "Observed").await;
}

#[tokio::test]
async fn a_namespace_that_is_taken_away_ends_calls_and_answers_at_once() {
    let company = Company::new("narrowed").await;
    company.declare_prod(&["a", "b"]).await;
    company.declare("a", "shop", "shop", Some("prod"), "15s").await;
    company.declare("b", "till", "till", Some("prod"), "15s").await;
    let _operator = company.operator(&[]);
    company.until_ready("b", "till", "True", "Observed").await;
    let before = company.until_ready("a", "shop", "True", "Observed").await;

    // An answer is under way that would show another picture.
    let prod = company.sae.account(PROD);
    prod.update("shop", |shop| shop.instance(0).crash());
    prod.inject(Fault::delay(Duration::from_secs(4)).for_app("shop").until_cleared());
    let asked = company.calls_for(PROD, "shop");
    eventually("a call", async || (company.calls_for(PROD, "shop") > asked).then_some(())).await;
    company.declare_prod(&["b"]).await;
    company.until_ready("a", "shop", "False", "AccountNotAllowed").await;
    let calls = company.calls_for(PROD, "shop");
    prod.clear_faults();
    let others = company.calls_for(PROD, "till");
    eventually("two more polls of the other team", async || {
        (company.calls_for(PROD, "till") > others + 3).then_some(())
    })
    .await;
    assert_eq!(company.calls_for(PROD, "shop"), calls);
    let after = company.watch("a", "shop").await;
    for shown in ["health", "counts", "instances", "revision", "observedAt"] {
        assert_eq!(after["status"][shown], before["status"][shown], "{shown}");
    }
    let appears = condition(&after, "AppHealthy");
    assert_eq!(appears["status"], "True");

    company.declare_prod(&["*"]).await;
    let back = company.until_ready("a", "shop", "True", "Observed").await;
    assert_ne!(back["status"]["revision"], before["status"]["revision"]);
}

#[tokio::test]
async fn the_operators_own_keys_and_an_account_never_ask_for_the_same_account_apart() {
    let company = Company::new("own").await;
    let own = sae_simulator::ACCOUNT_ID;
    company.sae.put_application(Application::new("shop").named("shop").group("g-1", 2).running(2));
    company.sae.account(own).add_role("saewatch", None);
    let role =
        json!({"accountId": own, "roleArn": format!("acs:ram::{own}:role/saewatch"), "namespaces": ["*"]});
    company.apply(&company.account("own", &role)).await;
    company.declare("a", "shop", "shop", Some("own"), "15s").await;
    let operator = company.operator(&[]);
    let conflict = company.until_account("own", "False", "AccountConflict").await;
    let message = condition(&conflict, "Ready")["message"].as_str().unwrap();
    assert!(message.contains("leave roleArn out") && message.contains("--require-account"), "{message}");
    company.until_ready("a", "shop", "False", "AccountConflict").await;
    assert_eq!(company.calls(own).len(), 0);

    // With `--require-account` the own keys only assume roles.
    drop(operator);
    company.declare("a", "bare", "shop", None, "15s").await;
    let operator = company.operator(&["--require-account"]);
    company.until_account("own", "True", "Verified").await;
    company.until_ready("a", "shop", "True", "Observed").await;
    company.until_ready("a", "bare", "False", "AccountRequired").await;

    // Without a role it is one scheduler with the own keys, and whoever may name the account may as well not.
    drop(operator);
    company.kubectl(&["delete", "saeaccount", &company.of("own")]).await;
    let spec = json!({"accountId": own, "namespaces": [company.of("a")]});
    company.apply(&company.account("own", &spec)).await;
    let _operator = company.operator(&[]);
    company.until_account("own", "False", "InvalidSpec").await;
    company.apply(&company.account("own", &json!({"accountId": own, "namespaces": ["*"]}))).await;
    company.until_account("own", "True", "Verified").await;
    company.until_ready("a", "shop", "True", "Observed").await;
    company.until_ready("a", "bare", "True", "Observed").await;
}

#[tokio::test]
async fn what_is_wrong_with_an_account_is_refused_in_a_sentence() {
    let company = Company::new("rules").await;
    let right = json!({"accountId": PROD, "namespaces": ["*"]});
    for (change, sentence) in [
        (json!({"accountId": "12"}), "must be 5 to 20 digits"),
        (json!({"namespaces": []}), "namespaces must name at least one namespace, or * for all"),
        (json!({"namespaces": ["*-a"]}), "must be a namespace, the beginning of names and one *, or *"),
        (
            json!({"externalId": "company-7"}),
            "externalId is only sent with a role: set roleArn too, or leave it out",
        ),
        (json!({"roleArn": format!("acs:ram::{STAGING}:role/a")}), "roleArn must be a role of accountId"),
        (
            json!({"roleArn": format!("acs:ram::{PROD}:role/a"), "profile": "staging"}),
            "profile and roleArn exclude each other: each is a whole identity",
        ),
        (json!({"callsPerMinute": 0}), "callsPerMinute must be between 1 and 6000"),
    ] {
        let mut spec = right.clone();
        spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refusal =
            company.try_apply(&company.account("wrong", &spec)).await.checked().unwrap_err().to_string();
        assert!(refusal.contains(sentence), "{refusal}");
    }
    company.apply(&company.account("right", &right)).await;
    let moved = json!({"accountId": STAGING, "namespaces": ["*"]});
    let refusal =
        company.try_apply(&company.account("right", &moved)).await.checked().unwrap_err().to_string();
    assert!(refusal.contains("accountId is immutable"), "{refusal}");
}
