//! `saewatch crd`: prints the CustomResourceDefinitions.

/// Prints them to standard output.
///
/// # Errors
/// When they cannot be written.
pub(super) fn print() -> anyhow::Result<()> {
    super::stdout::print(&crate::api::crds_yaml()?)?;
    Ok(())
}
