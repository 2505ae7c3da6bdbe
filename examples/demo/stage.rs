//! The demo's stage: what is started, shown and taken away.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use devcluster::ControlPlane;
use sae_simulator::{Application, KEY_ID, KEY_SECRET, Simulator};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const NAMESPACE: &str = "demo";
const OTHER_NAMESPACE: &str = "other-team";
const SHOP: &str = "demo-shop";
/// A step that takes longer than this will not come true any more.
const PATIENCE: Duration = Duration::from_secs(90);

const WATCHES: &str = r"
apiVersion: saewatch.dev/v1alpha1
kind: SaeAppWatch
metadata: {name: shop, namespace: demo}
spec: {appName: demo-shop, interval: 15s}
---
apiVersion: saewatch.dev/v1alpha1
kind: SaeAppWatch
metadata: {name: documented, namespace: demo}
spec: {appId: APP, interval: 15s}
";

/// Two applications that a set selects.
const FLEET: [&str; 2] = ["fleet-jobs", "fleet-web"];
/// The watch of the set for the second one.
pub const FLEET_WEB: &str = "team-fleet-web-6cc1616e";
const SET: &str = r"
apiVersion: saewatch.dev/v1alpha1
kind: SaeAppWatchSet
metadata: {name: team, namespace: demo}
spec:
  selector: {names: [fleet-*]}
  template:
    spec: {interval: 15s}
";

/// The second account, which the namespace `demo` may use, and two watches that name it.
const SECOND: &str = "2222222222222222";
const TILL: &str = "till";
const LEDGER: &str = "ledger";
const SECOND_ACCOUNT: &str = r"
apiVersion: saewatch.dev/v1alpha1
kind: SaeAppWatch
metadata: {name: till, namespace: demo}
spec: {accountRef: {name: retail}, appName: till, interval: 15s}
---
apiVersion: saewatch.dev/v1alpha1
kind: SaeAppWatch
metadata: {name: ledger, namespace: other-team}
spec: {accountRef: {name: retail}, appId: ledger, interval: 15s}
---
apiVersion: saewatch.dev/v1alpha1
kind: SaeAccount
metadata: {name: retail}
spec:
  accountId: '2222222222222222'
  roleArn: acs:ram::2222222222222222:role/saewatch
  externalId: retail-7f3a
  namespaces: [demo]
";

/// Says what happens next.
pub fn say(text: &str) {
    println!("\n── {text}");
}

/// Everything that runs.
pub struct Stage {
    cluster: ControlPlane,
    sae: Simulator,
    operator: Child,
    log: PathBuf,
}

impl Stage {
    /// Starts everything.
    pub async fn set() -> Result<Self> {
        println!("Starting a control plane (the first time it is built, which takes about ten minutes) …");
        let cluster = ControlPlane::start().await?;
        let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
        cluster.kubectl(&["apply", "--server-side", "-f", crds]).await?.checked()?;
        cluster.established().await?;
        for namespace in [NAMESPACE, OTHER_NAMESPACE] {
            cluster.kubectl(&["create", "namespace", namespace]).await?.checked()?;
        }
        let sae = Simulator::start();
        sae.put_application(Application::new(SHOP).group("g-1", 4).running(4));
        for app in FLEET {
            sae.put_application(Application::new(app).group("g-1", 2).running(2));
        }
        let second = sae.account(SECOND);
        second.add_role("saewatch", Some("retail-7f3a"));
        for app in [TILL, LEDGER] {
            second.put_application(Application::new(app).group("g-1", 2).running(2));
        }
        let log = built("demo-operator.log")?;
        let operator = start_operator(&cluster, &sae, &log)?;
        println!("The operator runs; its log is {}", log.display());
        Ok(Self { cluster, sae, operator, log })
    }

    pub async fn declare_watches(&self) -> Result<()> {
        self.apply(&WATCHES.replace("APP", sae_simulator::DOCUMENTED_APP_ID)).await
    }

    /// Declares the set.
    pub async fn declare_set(&self) -> Result<()> {
        self.apply(SET).await
    }

    /// Declares the second account and the watches that name it.
    pub async fn declare_account(&self) -> Result<()> {
        self.apply(SECOND_ACCOUNT).await
    }

    async fn apply(&self, manifests: &str) -> Result<()> {
        self.cluster
            .kubectl_with_input(&["apply", "--server-side", "-f", "-"], manifests)
            .await?
            .checked()?;
        Ok(())
    }

    /// Waits until a watch shows this health.
    pub async fn until(&self, watch: &str, health: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let shown = ["get", "saeappwatch", watch, "-n", NAMESPACE, "-o", "jsonpath={.status.health}"];
            let shown = self.cluster.kubectl(&shown).await?.checked()?;
            if shown == health {
                println!("   after {:.0?} {watch} is {health}", start.elapsed());
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                return Err(
                    format!("{watch} is {shown:?} and not {health}; see {}", self.log.display()).into()
                );
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// Runs kubectl in the team's namespace and shows what it prints.
    pub async fn show(&self, arguments: &[&str]) -> Result<()> {
        self.show_anywhere(&[&["-n", NAMESPACE], arguments].concat()).await
    }

    /// Runs kubectl and shows what it prints.
    pub async fn show_anywhere(&self, arguments: &[&str]) -> Result<()> {
        println!("$ kubectl {}", arguments.join(" "));
        print!("{}", self.cluster.kubectl(arguments).await?.checked()?);
        Ok(())
    }

    /// Shows the watch whose namespace may not use the account; no call may be made for it.
    pub async fn show_refused(&self) -> Result<()> {
        let in_namespace = ["-n", OTHER_NAMESPACE];
        let refused = "--for=jsonpath={.status.reason}=AccountNotAllowed";
        let wait = ["wait", refused, "saeappwatch/ledger", "--timeout=60s"];
        self.cluster.kubectl(&[&in_namespace[..], &wait].concat()).await?.checked()?;
        self.show_anywhere(&[&in_namespace[..], &["get", "saeappwatches"]].concat()).await?;
        let calls = self.sae.account(SECOND).calls();
        match calls.iter().find(|call| call.query.iter().any(|(_, value)| value == LEDGER)) {
            None => Ok(()),
            Some(call) => Err(format!("a call was made for the watch that is refused: {call:?}").into()),
        }
    }

    /// Shows the events of a reason; one of them must be of this type and name this.
    pub async fn show_events(&self, watch: &str, kind: &str, reason: &str, name: &str) -> Result<()> {
        let arguments = ["describe", "saeappwatch", watch, "-n", NAMESPACE];
        let described = self.cluster.kubectl(&arguments).await?.checked()?;
        println!("$ kubectl -n {NAMESPACE} describe saeappwatch {watch} | grep {reason}");
        let told: Vec<&str> =
            described.lines().filter(|line| line.contains(kind) && line.contains(reason)).collect();
        for line in &told {
            println!("{line}");
        }
        if told.iter().any(|line| line.contains(name)) {
            Ok(())
        } else {
            Err(format!("no {kind} event {reason} names {name}:\n{described}").into())
        }
    }

    /// Lets an instance of the shop crash and says which.
    pub fn crash_one(&self) -> String {
        self.sae.update(SHOP, |app| {
            app.instance(2).crash();
            app.instance(2).instance_id.clone()
        })
    }

    pub fn recover_one(&self) {
        self.sae.update(SHOP, |app| app.instance(2).recover());
    }

    /// A deploy of an application of the set fails: its first new instance cannot pull the image, and SAE gives up.
    pub fn fail_deploy(&self) {
        self.sae.update(FLEET[1], |app| {
            app.deploy("registry.example.com/fleet-web:1.9");
            app.step();
            if let Some(fresh) = app.groups[0].instances.last_mut() {
                fresh.fail_image_pull();
            }
            app.fail_deploy("batch 1: no instance was ready in 120 seconds");
        });
    }

    /// Says how a person can look around.
    pub fn invite(&self) {
        let endpoint = self.sae.endpoint();
        println!("\nAll of it goes on until Ctrl-C. In a second terminal:");
        println!("  export KUBECONFIG={}", self.cluster.kubeconfig().display());
        println!("  cargo run -qp devcluster -- kubectl -n {NAMESPACE} get saw --watch");
        println!(
            "  curl -s {endpoint}/_control/applications    # what the SAE of the demo holds, and how to change it:"
        );
        println!("  curl -s {endpoint}/_control");
    }

    /// Takes everything away; the operator must end well.
    pub fn strike(&mut self) -> Result<()> {
        let pid = self.operator.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let status = self.operator.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the operator ended with {status}").into()) }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // After `strike` there is nothing left to kill.
        let _ = self.operator.kill();
        let _ = self.operator.wait();
    }
}

fn start_operator(cluster: &ControlPlane, sae: &Simulator, log: &PathBuf) -> Result<Child> {
    let child = Command::new(built("saewatch")?)
        .args(["run", "--region", "cn-hangzhou", "--http-addr", "127.0.0.1:0", "--log-format", "text"])
        .args(["--watch-sets", "--diagnose"])
        .args(["--endpoint", &sae.endpoint(), "--sts-endpoint", &sae.endpoint(), "--calls-per-minute", "60"])
        .env("KUBECONFIG", cluster.kubeconfig())
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
        .env_remove("ALIBABA_CLOUD_SECURITY_TOKEN")
        .stdin(Stdio::null())
        .stderr(std::fs::File::create(log)?)
        .spawn()?;
    Ok(child)
}

/// A file beside the operator's binary, which cargo puts into the folder above this example.
fn built(name: &str) -> Result<PathBuf> {
    let example = std::env::current_exe()?;
    let folder =
        example.parent().and_then(|folder| folder.parent()).ok_or("the example runs outside target/")?;
    Ok(folder.join(name))
}
