//! Where the commands of a page run: a control plane, an SAE and an operator of its own, and a shell that has kubectl,
//! helm and saewatch.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use devcluster::{Binary, ControlPlane};
use jiff::{SignedDuration, Timestamp};
use sae_simulator::{Application, Fault, KEY_ID, KEY_SECRET, Simulator};
use tempfile::TempDir;

use crate::pages::path;

/// The application of the watch `shop` on all pages, and that of `catalog`.
const SHOP: &str = "0099b7be-5f5b-4512-a7fc-56049ef1aaaa";
const CATALOG: &str = "b2a8a925-477a-4ed7-b825-d5e22500aaaa";

/// Two more for a table in which not all is well: one is scaled to zero, and the key may no longer ask about the other.
const REPORT: &str = "5c1d2a70-9e0f-4a3b-8f56-0d4ce1f2aaaa";
const PAY: &str = "7d3f9b12-64c8-4e07-a1b9-3b8e5a90aaaa";
const PAYS_REGION: &str = "cn-shanghai";

/// Three that a set selects. The ids decide the ends of the names of its watches.
const MORE: [(&str, &str); 3] = [
    ("1f6e8a52-9c07-4d3b-a1e4-52c7d08baaaa", "cart"),
    ("3b9d4c71-08e5-4f62-b7a9-6e1f25d3aaaa", "orders-web"),
    ("8e20f5b6-7a14-49c8-95d3-b04c6a1eaaaa", "orders-worker"),
];

/// The second account of the page about accounts, and the external id of its role.
const SECOND_ACCOUNT: &str = "2222222222222222";
const EXTERNAL_ID: &str = "shopping-7f3a";

/// What a set, a second account and a watch in it are called in the table of all.
const ALL_OF_IT: &str = r#"
apiVersion: saewatch.dev/v1alpha1
kind: SaeAccount
metadata: {name: shopping}
spec:
  accountId: "2222222222222222"
  roleArn: acs:ram::2222222222222222:role/saewatch
  externalId: shopping-7f3a
  namespaces: [team-b]
  callsPerMinute: 60
---
apiVersion: saewatch.dev/v1alpha1
kind: SaeAppWatch
metadata: {name: till, namespace: team-b}
spec: {accountRef: {name: shopping}, appName: till, interval: 15s}
---
apiVersion: saewatch.dev/v1alpha1
kind: SaeAppWatchSet
metadata: {name: orders, namespace: team-a}
spec:
  selector: {names: [cart, orders-*]}
  template: {spec: {interval: 15s}}
"#;
/// The application of the second account.
const TILL: &str = "c4e7a019-2d65-4f83-90bb-71f3a86eaaaa";

/// What the pages name that is not to be had here, and what stands for it.
const STAND_INS: [(&str, &str); 1] = [("oci://ghcr.io/saewatch/charts/saewatch", "charts/saewatch")];

/// Longer than anything here should take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// The stage of one page.
pub struct Stage {
    page: String,
    set: Option<Set>,
}

/// What stands on it.
struct Set {
    cluster: ControlPlane,
    sae: Simulator,
    folder: TempDir,
    operator: Option<Child>,
}

impl Stage {
    /// An empty one. Most pages need none.
    pub fn of(page: &str) -> Self {
        Self { page: page.to_owned(), set: None }
    }

    /// Whether anything stands on it.
    pub fn is_set(&self) -> bool {
        self.set.is_some()
    }

    /// Follows a direction of the page.
    pub async fn direct(&mut self, direction: &str) {
        match direction {
            // Nothing is installed yet.
            "a cluster" => self.set = Some(Set::new().await),
            // The operator runs, and the team has declared two watches.
            "a team" => {
                self.set = Some(Set::new().await);
                self.prepare().await;
            }
            // What the pod would do that no node here runs.
            "the operator starts" => self.here_mut().start_operator(),
            // It has the application `shop` too, and a role that the operator may assume.
            "a second account" => {
                self.join_account(Application::new(SHOP).named("cart").group("g-1", 4).running(4));
            }
            // Its status says so within a minute.
            "shopping counts a watch" => {
                let wait =
                    "kubectl wait --for=jsonpath={.status.watches.total}=1 saeacc/shopping --timeout=90s";
                self.run("the stage", wait).await;
            }
            // It takes a minute, too, after the operator has started.
            "shopping wants 4 calls" => {
                let wait = "kubectl wait --for=jsonpath={.status.calls}=4/60 saeacc/shopping --timeout=90s";
                self.run("the stage", wait).await;
            }
            // For the page about many applications, beside those of the two watches.
            "three more applications" => self.put_three_more(),
            "two more watches" => self.declare_two_more().await,
            "a set and an account" => self.declare_set_and_account().await,
            "pay is refused for 12 minutes" => self.refuse_pay().await,
            "shop crashes" => self.here().sae.update(SHOP, |app| app.instance(2).crash()),
            "shop recovers" => self.here().sae.update(SHOP, |app| app.instance(2).recover()),
            _ => {
                let (watch, health) = direction
                    .strip_prefix("until ")
                    .and_then(|rest| rest.split_once(" is "))
                    .unwrap_or_else(|| panic!("{}: nobody can {direction:?}", self.page));
                self.until(watch, health).await;
            }
        }
    }

    async fn prepare(&mut self) {
        self.run(
            "the stage",
            "kubectl apply --server-side -f crds/saeappwatches.yaml -f crds/saeaccounts.yaml \
             -f crds/saeappwatchsets.yaml",
        )
        .await;
        self.here().cluster.established().await.unwrap();
        for command in [
            "kubectl create namespace saewatch-system",
            "kubectl create namespace team-a",
            "kubectl config set-context --current --namespace team-a",
        ] {
            self.run("the stage", command).await;
        }
        self.here_mut().start_operator();
        for name in ["shop", "catalog"] {
            self.declare(name, "cn-hangzhou").await;
        }
        self.until("shop", "Healthy").await;
        self.until("catalog", "Healthy").await;
    }

    fn join_account(&self, application: Application) {
        let account = self.here().sae.account(SECOND_ACCOUNT);
        account.add_role("saewatch", Some(EXTERNAL_ID));
        account.put_application(application);
    }

    fn put_three_more(&self) {
        for (id, name) in MORE {
            let application = Application::new(id).named(name).group("g-1", 2).running(2);
            self.here().sae.put_application(application);
        }
    }

    async fn declare_set_and_account(&self) {
        self.put_three_more();
        self.join_account(Application::new(TILL).named("till").group("g-1", 2).running(2));
        let wait = "kubectl wait --timeout=90s --for";
        for command in [
            "kubectl create namespace team-b",
            &format!("kubectl apply -f - <<'EOF'{ALL_OF_IT}EOF"),
            &format!("{wait}=jsonpath={{.status.watches}}=3 sawset/orders"),
            &format!("{wait}=condition=AppHealthy saw -l saewatch.dev/set=orders"),
            &format!("{wait}=condition=AppHealthy -n team-b saw/till"),
            &format!("{wait}=jsonpath={{.status.watches.total}}=1 saeacc/shopping"),
        ] {
            self.run("the stage", command).await;
        }
    }

    async fn declare_two_more(&self) {
        let sae = &self.here().sae;
        sae.put_application(Application::new(REPORT).named("report").group("g-1", 0));
        let pay = Application::new(PAY).in_region(PAYS_REGION).named("pay").group("g-1", 2).running(2);
        sae.put_application(pay);
        self.declare("report", "cn-hangzhou").await;
        self.declare("pay", PAYS_REGION).await;
        self.until("report", "ScaledToZero").await;
        self.until("pay", "Healthy").await;
    }

    /// As if the operator had been away since its last answer about `pay`, and its key had lost a right meanwhile.
    async fn refuse_pay(&mut self) {
        self.here_mut().stop_operator();
        self.here().sae.inject(Fault::error(403, "Forbidden.RAM").for_app(PAY).until_cleared());
        let ago = |minutes| Timestamp::now() - SignedDuration::from_mins(minutes);
        let status = serde_json::json!({"status": {"observedAt": ago(12), "staleAfter": ago(4)}});
        let patch = format!("kubectl patch saw pay --subresource=status --type=merge -p '{status}'");
        self.run("the stage", &patch).await;
        self.here_mut().start_operator();
        self.until("pay", "Unknown").await;
        let denied = "kubectl wait --for=condition=Stalled saw/pay --timeout=60s";
        self.run("the stage", denied).await;
    }

    /// Declares a watch of the application of the same name.
    async fn declare(&self, name: &str, region: &str) {
        let spec = format!("{{appName: {name}, regionId: {region}, interval: 15s}}");
        let watch = format!(
            "apiVersion: saewatch.dev/v1alpha1\nkind: SaeAppWatch\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        );
        self.run("the stage", &format!("kubectl apply -f - <<'EOF'\n{watch}EOF")).await;
    }

    /// Asks for polls until a watch shows this health.
    async fn until(&self, watch: &str, health: &str) {
        let start = Instant::now();
        let get = format!("kubectl -n team-a get saw {watch} -o jsonpath={{.status.health}}");
        let ask =
            format!("kubectl -n team-a annotate --overwrite saw {watch} saewatch.dev/requested-at=$RANDOM");
        while self.run("the stage", &get).await != health {
            assert!(start.elapsed() < PATIENCE, "{}: {watch} never was {health}", self.page);
            self.run("the stage", &ask).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Writes a file that the page shows.
    pub fn keep(&self, name: &str, text: &str) {
        std::fs::write(self.here().folder.path().join(name), text).unwrap();
    }

    /// Runs a command in the page's shell, and returns what it printed.
    pub async fn run(&self, place: &str, command: &str) -> String {
        let set = self.here();
        let written = STAND_INS.iter().fold(command.to_owned(), |all, (name, here)| all.replace(name, here));
        let mut shell = set.command("bash");
        shell.args(["-uc", &written]).stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{place}: {command}\n{}\n{printed}{complaint}", output.status);
        printed
    }

    fn here(&self) -> &Set {
        self.set.as_ref().unwrap_or_else(|| panic!("{} has commands and no stage", self.page))
    }

    fn here_mut(&mut self) -> &mut Set {
        self.set.as_mut().unwrap_or_else(|| panic!("{} has no stage", self.page))
    }
}

impl Set {
    async fn new() -> Self {
        let cluster = ControlPlane::start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        // The commands see the project's files and write none of them.
        for name in ["charts", "crds", "gitops"] {
            symlink(path(name), folder.path().join(name)).unwrap();
        }
        let programs = folder.path().join("bin");
        std::fs::create_dir(&programs).unwrap();
        for binary in [Binary::Kubectl, Binary::Helm] {
            let from = tokio::task::spawn_blocking(move || binary.locate().unwrap()).await.unwrap();
            symlink(from, programs.join(binary.name())).unwrap();
        }
        for name in ["saewatch", "kubectl-saewatch"] {
            symlink(env!("CARGO_BIN_EXE_saewatch"), programs.join(name)).unwrap();
        }
        let sae = Simulator::start();
        sae.put_application(Application::new(SHOP).named("shop").group("g-1", 4).running(4));
        sae.put_application(Application::new(CATALOG).named("catalog").group("g-1", 4).running(4));
        Self { cluster, sae, folder, operator: None }
    }

    /// A program in an environment of nothing but what the pages take for granted.
    fn command(&self, program: &str) -> Command {
        let home = self.folder.path();
        let search = format!("{}:{}", home.join("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(program);
        command
            .current_dir(home)
            .env_clear()
            .env("PATH", search)
            .env("HOME", home)
            .env("KUBECONFIG", self.cluster.kubeconfig())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
            .env("SAEWATCH_ENDPOINT", self.sae.endpoint())
            .env("SAEWATCH_STS_ENDPOINT", self.sae.endpoint());
        command
    }

    fn start_operator(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("operator.log")).unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_saewatch")).display().to_string();
        let mut command = self.command(&binary);
        command
            .args([
                "run",
                "--region",
                "cn-hangzhou",
                "--http-addr",
                "127.0.0.1:0",
                "--calls-per-minute",
                "600",
                "--watch-sets",
            ])
            .args(["--leader-elect", "--lease-namespace", "saewatch-system"]);
        self.operator = Some(command.stdin(Stdio::null()).stderr(log).spawn().unwrap());
    }

    /// As a pod is stopped, so that the next one need not wait for the Lease.
    fn stop_operator(&mut self) {
        if let Some(mut operator) = self.operator.take() {
            // It may have ended by itself; then there is nothing to stop.
            let _ = Command::new("kill").arg(operator.id().to_string()).status();
            let _ = operator.wait();
        }
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        self.stop_operator();
    }
}
