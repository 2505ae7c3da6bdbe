//! The command line: one file a subcommand.

mod check;
mod client;
mod cluster_watch;
mod columns;
mod crd;
mod credentials;
mod diagnosis;
mod discover;
mod election;
mod endpoints;
mod kinds;
mod objects;
mod place;
mod plugin;
mod probe;
mod reference;
mod run;
mod runtime;
mod status_line;
mod stderr;
mod stdout;
mod style;
mod tree;
mod values;
mod why;
mod work;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use plugin::Plugin;

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
    Discover(Box<discover::Args>),
    /// Print the CustomResourceDefinitions
    Crd,
    /// Print the completions for a shell
    Completions(reference::CompletionsArgs),
    /// Print the man page, of saewatch or of a subcommand
    Man(reference::ManArgs),
    /// Ask a running operator whether it is ready
    #[command(hide = true)]
    Probe(probe::Args),
}

/// The exit code of a fatal error (contract §10); bad usage is clap's 2, but for `check` and `discover`.
const FATAL: u8 = 1;

/// The definition of the command line, from which help and reference come.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    if plugin::is_plugin(std::env::args_os().next().as_deref()) {
        return match parse::<Plugin>() {
            Ok(Plugin { command }) => execute_plugin(command),
            Err(code) => code,
        };
    }
    match parse::<Cli>() {
        Ok(Cli { command }) => execute(command),
        Err(code) => code,
    }
}

fn execute_plugin(command: plugin::Command) -> ExitCode {
    match command {
        plugin::Command::Check(args) => match args.check() {
            Ok(()) => end(check::check_stored(&args), check::UNKNOWN),
            Err(problem) => usage_error(Plugin::command(), "check", &problem),
        },
        plugin::Command::Why(args) => end(why::why(&args).map(|()| 0), FATAL),
        plugin::Command::Tree(args) => match args.check() {
            Ok(()) => end(tree::tree(&args).map(|()| 0), FATAL),
            Err(problem) => usage_error(Plugin::command(), "tree", &problem),
        },
    }
}

fn execute(command: Command) -> ExitCode {
    match command {
        Command::Run(args) => match args.check() {
            Ok(()) => end(run::run(*args).map(|()| 0), FATAL),
            Err(problem) => usage_error(self::command(), "run", &problem),
        },
        Command::Check(args) => match args.check() {
            Ok(()) => end(check::check(&args), check::UNKNOWN),
            Err(problem) => usage_error(self::command(), "check", &problem),
        },
        Command::Discover(args) => match args.check() {
            Ok(()) => end(discover::discover(&args), check::UNKNOWN),
            Err(problem) => usage_error(self::command(), "discover", &problem),
        },
        Command::Crd => end(crd::print().map(|()| 0), FATAL),
        Command::Completions(args) => end(reference::completions(&args, self::command()).map(|()| 0), FATAL),
        Command::Probe(args) => end(probe::probe(&args).map(|()| 0), FATAL),
        Command::Man(args) => end(reference::man(&args, self::command()).map(|()| 0), FATAL),
    }
}

fn parse<P: Parser>() -> Result<P, ExitCode> {
    P::try_parse().map_err(|problem| refuse(&problem))
}

fn end(outcome: anyhow::Result<u8>, trouble: u8) -> ExitCode {
    ExitCode::from(outcome.unwrap_or_else(|error| {
        stderr::print_error(chain(&error));
        trouble
    }))
}

/// An error in a line, and each of its causes in one of its own, the innermost last.
fn chain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join("\n  caused by: ")
}

/// Reports which flags of a subcommand make no sense together.
fn usage_error(mut command: clap::Command, subcommand: &str, problem: &str) -> ExitCode {
    command.build();
    let about = command.find_subcommand_mut(subcommand);
    let problem = about.map(|about| about.error(ErrorKind::ValueValidation, problem));
    problem.map_or(ExitCode::from(FATAL), |problem| refuse(&problem))
}

/// Says what is wrong with the command line, or answers `--help` and `--version`.
fn refuse(problem: &clap::Error) -> ExitCode {
    // When even that cannot be printed the exit code remains.
    let _ = stderr::print_usage(problem);
    let has_own_codes =
        std::env::args_os().nth(1).is_some_and(|command| command == "check" || command == "discover");
    match u8::try_from(problem.exit_code()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) | Err(_) if has_own_codes => ExitCode::from(check::UNKNOWN),
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::from(FATAL),
    }
}
