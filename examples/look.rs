//! Looks at one application and prints its instances:
//! `cargo run --example look -- --app-id APP [--region REGION] [--endpoint URL]`.

use std::time::Duration;

use clap::Parser;
use saewatch::api::{AppId, RegionId};
use saewatch::domain::Target;
use saewatch::sae::{Client, Endpoint, Settings};

#[derive(Parser)]
struct Args {
    #[arg(long)]
    app_id: AppId,
    #[arg(long, default_value = "cn-hangzhou")]
    region: RegionId,
    #[arg(long, default_value = "https://sae.{region}.aliyuncs.com")]
    endpoint: Endpoint,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { app_id, region, endpoint } = Args::parse();
    let client = Client::new(Settings::new().endpoint(endpoint))?;
    let seen = client.observe(&Target::application(region, app_id), Duration::from_secs(10)).await?;
    for instance in &seen.instances {
        let container = instance.container.as_deref().unwrap_or("-");
        let health = instance.health.as_deref().unwrap_or("-");
        println!("{:<50} {container:<20} {health}", instance.id);
    }
    println!("{} instances in {} groups", seen.instances.len(), seen.groups.len());
    Ok(())
}
