//! Arguments in, exit code out; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    // First of all: with two providers in the tree rustls would have to guess, and panics when it cannot.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("saewatch: another TLS provider is installed already");
    }
    saewatch::cli::main()
}
