//! What every test here stands on: an SAE with one application, an empty home directory, the binary.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use sae_simulator::{Application, KEY_ID, KEY_SECRET, Simulator};

pub const APP: &str = "demo-shop";
/// Two days and a bit: an age that stays the same while a test runs.
const AGE_MILLIS: i64 = (2 * 86_400 + 300) * 1000;

pub struct Stage {
    pub sae: Simulator,
    pub home: tempfile::TempDir,
}

/// How a run ended and what it said.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Stage {
    /// An application of four healthy instances in two groups.
    pub fn new() -> Self {
        let sae = Simulator::start();
        sae.put_application(Application::new(APP).group("g-1", 3).running(3).group("g-2", 1).running(1));
        let stage = Self { sae, home: tempfile::tempdir().unwrap() };
        stage.change(|app| {
            for number in 0..4 {
                app.instance(number).create_time_stamp -= AGE_MILLIS;
            }
        });
        stage
    }

    pub fn change(&self, change: impl FnOnce(&mut Application)) {
        self.sae.update(APP, change);
    }

    /// The command in an environment of nothing but the keys.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saewatch"));
        command
            .env_clear()
            .envs(self.environment())
            .arg("check")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// A home, the keys, and where SAE is.
    pub fn environment(&self) -> [(&'static str, String); 7] {
        [
            ("HOME", self.home.path().display().to_string()),
            ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true".to_owned()),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID.to_owned()),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET.to_owned()),
            ("SAEWATCH_ENDPOINT", self.sae.endpoint()),
            ("SAEWATCH_STS_ENDPOINT", self.sae.endpoint()),
            ("SAEWATCH_REGION", "cn-hangzhou".to_owned()),
        ]
    }

    pub fn check(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// With this text at standard input.
    pub fn check_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let Output { status, stdout, stderr } = output;
        let ran = Self {
            code: status.code().unwrap(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        };
        for said in [&ran.stdout, &ran.stderr] {
            assert!(!said.contains(KEY_SECRET) && !said.contains("panicked"), "{said}");
            assert!(!said.contains('\u{1b}'), "colours are for a terminal: {said}");
        }
        ran
    }
}
