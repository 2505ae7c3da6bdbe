//! Shell completions and man pages, made from the definition of the command line.

use clap::{Args as ClapArgs, Command};
use clap_complete::Shell;

use super::stdout;

/// The argument of `completions`.
#[derive(Debug, ClapArgs)]
pub struct CompletionsArgs {
    /// The shell that they are for
    shell: Shell,
}

/// The argument of `man`.
#[derive(Debug, ClapArgs)]
pub struct ManArgs {
    /// The subcommand that the page is about [default: saewatch itself]
    command: Option<String>,
}

/// Prints the completions for a shell.
///
/// # Errors
/// When they cannot be printed.
pub fn completions(args: &CompletionsArgs, mut command: Command) -> anyhow::Result<()> {
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
pub fn man(args: &ManArgs, mut command: Command) -> anyhow::Result<()> {
    command.build();
    let about = match &args.command {
        None => &command,
        Some(name) => command.find_subcommand(name).ok_or_else(|| {
            let shown = command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set());
            let known: Vec<&str> = shown.map(Command::get_name).filter(|name| *name != "help").collect();
            anyhow::anyhow!("there is no subcommand {name:?}: expected one of {}", known.join(", "))
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(about.clone()).render(&mut page)?;
    stdout::print_raw(&String::from_utf8(page)?)?;
    Ok(())
}
