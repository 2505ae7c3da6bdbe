//! Builds programs of a Go module, once, into a folder that all checkouts and test runs share.

use std::{
    collections::VecDeque,
    env,
    fs::{self, File, TryLockError},
    io::{self, BufRead, BufReader},
    path::{self, Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{Error, GoModule, GoProgram, processes::Processes};

/// How often a build says that it is alive.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
/// How much of what `go` said is shown when it fails.
const LOG_LINES: usize = 30;

/// The path of a built program; builds it if need be. Two processes that want the same one build it once.
pub(crate) fn ensure(module: &GoModule, program: GoProgram) -> Result<PathBuf, Error> {
    let folder = folder(module)?;
    let path = folder.join(program.name);
    if path.exists() {
        return Ok(path);
    }
    fs::create_dir_all(&folder).map_err(Error::io(format!("create {}", folder.display())))?;
    let _held = lock(&folder)?;
    if !path.exists() {
        build(module, program, &folder, &path)?;
    }
    Ok(path)
}

/// One folder per module, flags and platform, so a program in it never needs a check of its age.
fn folder(module: &GoModule) -> Result<PathBuf, Error> {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let root = variable("SAEWATCH_CACHE")
        .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("saewatch")))
        .or_else(|| Some(variable("HOME")?.join(".cache/saewatch")))
        .ok_or(Error::CacheUnknown)?;
    // Go runs in another folder, and would take a relative path from there.
    let root = path::absolute(&root).map_err(Error::io(format!("find {}", root.display())))?;
    Ok(root.join(format!("{}-{}", module.name, module.fingerprint())))
}

/// Waits until no other process builds into the folder. The lock goes with the file handle, so a builder
/// that is killed does not block the next one.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let held = || Error::io(format!("lock {}", path.display()));
    let file = File::create(&path).map_err(held())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("devcluster: another process is building into {}; waiting", folder.display());
            file.lock().map_err(held())?;
        }
        Err(TryLockError::Error(error)) => return Err(held()(error)),
    }
    Ok(file)
}

/// Builds into a temporary folder and renames, so a file under its final name is always whole.
fn build(module: &GoModule, program: GoProgram, folder: &Path, path: &Path) -> Result<(), Error> {
    let GoProgram { name, package, first_build } = program;
    eprintln!(
        "devcluster: building {name} into {}: the first time, this takes {first_build}; with Go's build cache, \
         seconds",
        folder.display(),
    );
    let started = Instant::now();
    // If we are interrupted, the compilers end and the half-built file goes with this folder.
    let mut processes = Processes::in_temporary_folder(folder, "build-")?;
    let workspace = processes.folder().to_owned();
    module.write_into(&workspace)?;
    let built = workspace.join(name);

    let mut command = Command::new("go");
    command
        // A go.work above the cache folder would put other versions in place of ours.
        .env("GOWORK", "off")
        .env("CGO_ENABLED", "0")
        .current_dir(&workspace)
        .args(["build", "-v", "-mod=readonly", "-trimpath", "-tags", module.tags])
        .args(["-ldflags", &module.linker_flags, "-o"])
        .args([built.as_os_str(), package.as_ref()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let go = processes.spawn(&mut command).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::GoMissing { binary: name },
        _ => Error::io("start go")(error),
    })?;
    let log = go.stderr.take().map(|lines| follow(name, started, BufReader::new(lines))).unwrap_or_default();
    let status = go.wait().map_err(Error::io("wait for go"))?;
    if !status.success() {
        return Err(Error::Build { binary: name, status, log });
    }
    fs::rename(&built, path).map_err(Error::io(format!("move {name} to {}", path.display())))?;
    eprintln!("devcluster: built {name} in {} s", started.elapsed().as_secs());
    Ok(())
}

/// Reads what `go build -v` says (a line per module downloaded and per package compiled) to its end, tells
/// the progress, and returns the last lines.
fn follow(name: &str, started: Instant, lines: impl BufRead) -> String {
    let mut told = started;
    let (mut downloads, mut packages) = (0_u32, 0_u32);
    let mut tail = VecDeque::with_capacity(LOG_LINES);
    for line in lines.lines().map_while(Result::ok) {
        if line.starts_with("go: downloading") {
            downloads += 1;
        } else {
            packages += 1;
        }
        if tail.len() == LOG_LINES {
            tail.pop_front();
        }
        tail.push_back(line);
        if told.elapsed() >= PROGRESS_INTERVAL {
            told = Instant::now();
            let seconds = started.elapsed().as_secs();
            eprintln!(
                "devcluster: {name}: {seconds} s, {downloads} modules downloaded, {packages} packages compiled"
            );
        }
    }
    Vec::from(tail).join("\n")
}
