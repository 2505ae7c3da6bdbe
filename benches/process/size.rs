//! How large the binary is, and how long it takes to build.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Result;
use crate::cpu::children_seconds;
use crate::table::{Row, progress};

const MIB: f64 = 1024.0 * 1024.0;

pub fn of_the_binary() -> Result<Row> {
    let size = fs::metadata(env!("CARGO_BIN_EXE_saewatch"))?.len() as f64 / MIB;
    Ok(Row {
        measure: "binary".into(),
        method: "size of target/release/saewatch, stripped".into(),
        result: format!("{size:.1} MiB"),
        bar: "–",
        holds: None,
    })
}

/// From nothing but the downloaded sources.
pub fn cold_build() -> Result<Row> {
    progress("a cold release build, which takes minutes");
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/cold-build");
    if fs::exists(folder)? {
        fs::remove_dir_all(folder)?;
    }
    let (began, cpu) = (Instant::now(), children_seconds()?);
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--bin", "saewatch", "--target-dir", folder])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(format!("the build ended with {status}").into());
    }
    let (took, cpu) = (began.elapsed().as_secs_f64(), children_seconds()? - cpu);
    fs::remove_dir_all(folder)?;
    Ok(Row {
        measure: "cold release build".into(),
        method: format!("cargo build --release, empty target folder; {:.1} min of CPU", cpu / 60.0),
        result: format!("{:.1} min", took / 60.0),
        bar: "–",
        holds: None,
    })
}
