//! `saewatch crd`: prints the CustomResourceDefinition.

/// Prints it to standard output.
///
/// # Errors
/// When it cannot be written.
pub(super) fn print() -> anyhow::Result<()> {
    super::stdout::print(&crate::api::crd_yaml()?)?;
    Ok(())
}
