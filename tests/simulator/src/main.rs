//! `sae-simulator`: a simulator for a person, until Ctrl-C or SIGTERM.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sae_simulator::{KEY_ID, KEY_SECRET, Setup};
use tokio::signal::unix::{SignalKind, signal};

/// An SAE that behaves as documented, on loopback. Change it under /_control/ while it runs.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    /// Where to listen: an address of loopback, unless --exposed; port 0 is any free port.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Let others reach it, pods of a cluster for example. Its keys are known, and whoever reaches it may change it.
    #[arg(long)]
    exposed: bool,
    /// Speak HTTPS, and write the certificate to trust into this file.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The account's quota of calls in any 60 seconds, as SAE has one of 60; unlimited unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    calls_per_minute: Option<u32>,
}

const EXAMPLES: &str = "\
Examples, with the address it prints:
  curl -X PUT  $SAE/_control/applications/shop -d '{\"groups\":[{\"id\":\"g-1\",\"replicas\":4}]}'
  curl         $SAE/_control/applications/shop -d '{\"action\":\"crash\",\"instance\":0}'
  curl         $SAE/_control/applications/shop -d '{\"action\":\"recover\",\"instance\":0}'
  curl         $SAE/_control/applications/shop -d '{\"action\":\"deploy\",\"image\":\"shop:v2\"}'
  curl         $SAE/_control/applications/shop -d '{\"action\":\"fail-deploy\",\"message\":\"batch 1 timed out\"}'
  curl         $SAE/_control/faults -d '{\"effect\":{\"kind\":\"reset\"},\"calls\":3}'
  curl -X PUT  $SAE/_control/accounts/222222222222/keys/other -d '{\"secret\":\"s\"}'
  curl -X PUT  $SAE/_control/applications/id-2 -d '{\"name\":\"pay\",\"namespaceId\":\"cn-beijing:prod\"}'
  curl         $SAE/_control/applications/id-2 -d '{\"action\":\"tag\",\"key\":\"team\",\"value\":\"a\"}'
  curl         $SAE/_control/faults -d '{\"effect\":{\"kind\":\"cut-page\",\"rows\":1},\"operation\":\"ListApplications\",\"page\":2}'
  curl -X PUT  $SAE/_control/availability -d '{\"list\":{\"kind\":\"frozen\"},\"age_millis\":10000}'
  curl         $SAE/_control/calls";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { listen, exposed, ca_file, calls_per_minute } = Arguments::parse();
    let mut setup = Setup::new().listen(listen);
    if exposed {
        setup = setup.exposed();
    }
    if ca_file.is_some() {
        setup = setup.tls();
    }
    if let Some(calls) = calls_per_minute {
        setup = setup.calls_per_minute(calls as usize);
    }
    let simulator = match setup.start() {
        Ok(simulator) => simulator,
        Err(error) => {
            eprintln!("sae-simulator: {error}");
            return ExitCode::from(2);
        }
    };
    if let (Some(file), Some(ca)) = (ca_file, simulator.ca_pem())
        && let Err(error) = std::fs::write(&file, ca)
    {
        eprintln!("sae-simulator: cannot write {}: {error}", file.display());
        return ExitCode::FAILURE;
    }
    println!("listening on {} key-id={KEY_ID} key-secret={KEY_SECRET}", simulator.endpoint());
    match stop_signal().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sae-simulator: cannot wait for signals: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
