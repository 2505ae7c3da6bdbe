//! The command line: one file a subcommand.

mod crd;
mod credentials;
mod election;
mod probe;
mod run;
mod values;
mod work;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

/// Keeps the health of Alibaba Cloud SAE applications where teams already look.
#[derive(Debug, Parser)]
#[command(
    name = "saewatch",
    version,
    about,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the operator
    Run(Box<run::Args>),
    /// Print the CustomResourceDefinition
    Crd,
    /// Ask a running operator whether it is ready
    #[command(hide = true)]
    Probe(probe::Args),
}

/// Exit codes of `run` (contract §10); bad usage is clap's 2.
const FATAL: u8 = 1;

/// The definition of the command line, from which help and reference come.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let outcome = match command {
        Command::Run(args) => {
            if let Err(problem) = args.check() {
                self::command().error(ErrorKind::ValueValidation, problem).exit();
            }
            run::run(*args)
        }
        Command::Crd => crd::print(),
        Command::Probe(args) => probe::probe(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("saewatch: {error:#}");
            ExitCode::from(FATAL)
        }
    }
}
