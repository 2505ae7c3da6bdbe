//! `saewatch crd`: prints the CustomResourceDefinition.

use std::io::Write as _;

/// Prints it to standard output.
///
/// # Errors
/// When it cannot be written.
pub fn print() -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(crate::api::crd_yaml()?.as_bytes())?)
}
