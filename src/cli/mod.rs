//! The command line: one file a subcommand.

mod check;
mod crd;
mod credentials;
mod election;
mod endpoints;
mod run;
mod runtime;
mod stdout;
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
    Check(Box<check::Args>),
    /// Print the CustomResourceDefinition
    Crd,
}

/// Exit codes of `run` (contract §10); bad usage is clap's 2.
const FATAL: u8 = 1;

/// The definition of the command line, from which help and reference come.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    let Cli { command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(problem) => return refuse(&problem),
    };
    let (outcome, trouble) = match command {
        Command::Run(args) => match args.check() {
            Ok(()) => (run::run(*args).map(|()| 0), FATAL),
            Err(problem) => return refuse(&self::command().error(ErrorKind::ValueValidation, problem)),
        },
        Command::Check(args) => match args.check() {
            Ok(()) => (check::check(&args), check::UNKNOWN),
            Err(problem) => return refuse(&self::command().error(ErrorKind::ValueValidation, problem)),
        },
        Command::Crd => (crd::print().map(|()| 0), FATAL),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("saewatch: {error:#}");
            ExitCode::from(trouble)
        }
    }
}

/// Says what is wrong with the command line, or answers `--help` and `--version`.
fn refuse(problem: &clap::Error) -> ExitCode {
    // When even that cannot be printed the exit code remains.
    let _ = problem.print();
    let is_check = std::env::args_os().nth(1).is_some_and(|command| command == "check");
    match u8::try_from(problem.exit_code()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) | Err(_) if is_check => ExitCode::from(check::UNKNOWN),
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::from(FATAL),
    }
}
