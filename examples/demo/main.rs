//! `make demo`: a control plane, an SAE, the operator, and a story that a person can follow.
//!
//! Nothing here is made up for the demo but the applications: the API server, the table and the events are real,
//! and the SAE checks every signature. With `DEMO=once` it ends after the story, and fails if a step of it does not
//! come true.

mod stage;

use std::process::ExitCode;

use stage::{Result, Stage, say};

#[tokio::main]
async fn main() -> ExitCode {
    match tell().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nthe story did not come true: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn tell() -> Result<()> {
    let mut stage = Stage::set().await?;
    tokio::select! {
        story = story(&stage) => story?,
        _ = tokio::signal::ctrl_c() => return Ok(()),
    }
    if std::env::var("DEMO").is_ok_and(|demo| demo == "once") {
        return stage.strike();
    }
    stage.invite();
    tokio::signal::ctrl_c().await?;
    println!();
    stage.strike()
}

async fn story(stage: &Stage) -> Result<()> {
    say("A team declares two watches: its own shop, and the sample application of SAE's documentation.");
    stage.declare_watches().await?;
    stage.until("shop", "Healthy").await?;
    stage.until("documented", "Healthy").await?;
    stage.show(&["get", "saeappwatches"]).await?;

    say("One of the shop's four instances goes into CrashLoopBackOff.");
    let crashed = stage.crash_one();
    stage.until("shop", "Degraded").await?;
    stage.show(&["get", "saeappwatches"]).await?;
    say("The Warning event names the instance:");
    stage.show_events("shop", "Warning", "HealthDegraded", &crashed).await?;

    say("The instance recovers.");
    stage.recover_one();
    stage.until("shop", "Healthy").await?;
    stage.show(&["get", "saeappwatches", "-o", "wide"]).await?;
    stage.show_events("shop", "Normal", "HealthRecovered", "demo-shop").await?;

    say("Tools can select and wait:");
    stage.show(&["get", "saw", "--field-selector", "status.health=Healthy", "-o", "name"]).await?;
    stage.show(&["wait", "--for=condition=Ready", "saeappwatch/shop", "--timeout=10s"]).await?;

    say("A set watches whatever is there: two applications that nobody has written a manifest for.");
    stage.declare_set().await?;
    stage.show(&["wait", "--for=jsonpath={.status.watches}=2", "sawset/team", "--timeout=90s"]).await?;
    let of_the_set = ["saw", "-l", "saewatch.dev/set=team"];
    let healthy = ["--for=condition=AppHealthy", "--timeout=60s"];
    stage.show(&[&["wait"][..], &of_the_set, &healthy].concat()).await?;
    stage.show(&["get", "saeappwatchsets"]).await?;
    stage.show(&[&["get"][..], &of_the_set].concat()).await?;

    say("A deploy of fleet-web fails: its new image cannot be pulled.");
    stage.fail_deploy();
    stage.until(stage::FLEET_WEB, "Degraded").await?;
    say("SAE is asked why, and the status says it:");
    let failed = "--for=jsonpath={.status.diagnosis.change.status}=Failed";
    stage.show(&["wait", failed, &format!("saw/{}", stage::FLEET_WEB), "--timeout=60s"]).await?;
    stage.show_events(stage::FLEET_WEB, "Normal", "DiagnosisReady", "CoDeploy").await?;

    say("A second account, declared for the namespace demo: the operator assumes a role of it.");
    stage.declare_account().await?;
    stage.until("till", "Healthy").await?;
    stage.show_anywhere(&["get", "saeaccounts"]).await?;
    say("A watch in another namespace names that account. It is refused, and no call is made for it:");
    stage.show_refused().await
}
