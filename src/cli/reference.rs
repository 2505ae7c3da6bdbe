//! Shell completions and man pages, made from the definition of the command line.

use anyhow::Context as _;
use clap::{Args as ClapArgs, Command};
use clap_complete::Shell;

use super::stdout;

/// The argument of `completions`.
#[derive(Debug, ClapArgs)]
pub(super) struct CompletionsArgs {
    /// The shell that they are for
    shell: Shell,
}

/// The argument of `man`.
#[derive(Debug, ClapArgs)]
pub(super) struct ManArgs {
    /// The subcommand that the page is about [default: saewatch itself]
    #[arg(value_parser = ["run", "check", "discover", "crd", "completions", "man"])]
    command: Option<String>,
}

/// Prints the completions for a shell.
///
/// # Errors
/// When they cannot be printed.
pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    stdout::print_raw(&String::from_utf8(script)?)?;
    Ok(())
}

/// Prints a man page.
///
/// # Errors
/// When there is no such subcommand, or it cannot be printed.
pub(super) fn man(args: &ManArgs, mut command: Command) -> anyhow::Result<()> {
    command.build();
    let about = match &args.command {
        None => &command,
        Some(name) => command.find_subcommand(name).context("there is no such subcommand")?,
    };
    let mut page = Vec::new();
    let title = about.get_display_name().unwrap_or(about.get_name()).to_owned();
    let source = concat!("saewatch ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(about.clone()).title(title).source(source).render(&mut page)?;
    // What help says at its end has no section of its own in clap_mangen.
    stdout::print_raw(&String::from_utf8(page)?.replace(".SH EXTRA", ".SH NOTES"))?;
    Ok(())
}
