//! `devcluster`: a control plane, kubectl and helm for a person. Arguments in, exit code out.

use std::{
    error::Error,
    ffi::OsString,
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use clap::{Parser, Subcommand};
use devcluster::{Binary, ControlPlane};
use tokio::signal::unix::{SignalKind, signal};

const AFTER_HELP: &str = "\
The binaries are built from source once, with Go, which takes about 10 minutes on two cores; they stay in \
${SAEWATCH_CACHE:-${XDG_CACHE_HOME:-~/.cache}/saewatch}. With KUBEBUILDER_ASSETS set, kube-apiserver, etcd \
and kubectl are taken from that folder instead. kubectl and helm read KUBECONFIG as always.";

/// A real Kubernetes control plane (etcd, kube-apiserver) on loopback, and the kubectl and helm that fit it.
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Build the binaries that are not there yet, and print where they are
    Build,
    /// Start a control plane, print how to reach it, and stay until Ctrl-C or SIGTERM
    Up,
    /// Run kubectl, for example: devcluster kubectl get namespaces
    #[command(disable_help_flag = true)]
    Kubectl {
        /// Handed on as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Run helm, for example: devcluster helm list
    #[command(disable_help_flag = true)]
    Helm {
        /// Handed on as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Subcommands::Build => build(),
        Subcommands::Up => up(),
        Subcommands::Kubectl { arguments } => become_program(Binary::Kubectl, &arguments),
        Subcommands::Helm { arguments } => become_program(Binary::Helm, &arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("devcluster: {error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    for binary in Binary::ALL {
        println!("{}", binary.locate()?.display());
    }
    Ok(())
}

fn up() -> Result<(), Box<dyn Error>> {
    // Before any signal is caught, so that Ctrl-C ends a build at once.
    for binary in Binary::ALL {
        eprintln!("{:<14} {}", binary.name(), binary.version()?);
    }
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            failure = serve() => failure,
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        }
    })
}

/// Returns only if the start fails; dropping the future stops the servers.
async fn serve() -> Result<(), Box<dyn Error>> {
    let cluster = ControlPlane::start().await?;
    let api_server = cluster.api_server_pid().map(|id| id.to_string()).unwrap_or_default();
    eprintln!("kube-apiserver (process {api_server}) is ready at {}", cluster.url());
    eprintln!("etcd (process {}) keeps its data", cluster.etcd_pid());
    eprintln!("Both stop, and their data goes, with Ctrl-C. To use them from another terminal:");
    println!("export KUBECONFIG='{}'", cluster.kubeconfig().display());
    std::future::pending().await
}

/// Replaces this process, so that signals, terminal and exit code are the program's own.
fn become_program(binary: Binary, arguments: &[OsString]) -> Result<(), Box<dyn Error>> {
    Err(Command::new(binary.locate()?).args(arguments).exec().into())
}
