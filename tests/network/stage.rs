//! What every test here stands on: an SAE over TLS, an empty home directory, the binary.

use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use sae_simulator::{Application, KEY_ID, KEY_SECRET, Simulator};

pub const BINARY: &str = env!("CARGO_BIN_EXE_saewatch");

pub struct Stage {
    pub sae: Simulator,
    pub folder: tempfile::TempDir,
}

/// How a run ended, and all that it said.
pub struct Ran {
    pub code: i32,
    pub said: String,
}

impl Stage {
    /// One healthy application, which answers to SAE's own name.
    pub fn new() -> Self {
        let sae = Simulator::start_tls();
        sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
        let stage = Self { sae, folder: tempfile::tempdir().unwrap() };
        std::fs::write(stage.path("ca.pem"), stage.sae.ca_pem().unwrap()).unwrap();
        symlink(BINARY, stage.path("kubectl-saewatch")).unwrap();
        stage
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the SAE listens, for proxies.
    pub fn sae_address(&self) -> SocketAddr {
        self.sae.endpoint().trim_start_matches("https://").parse().unwrap()
    }

    /// `saewatch check` of the application, by SAE's public name.
    pub fn check(&self, environment: &[(&str, &str)]) -> Ran {
        let mut command = self.command(BINARY.into(), environment);
        command.args(["check", "demo-shop", "--region", "cn-hangzhou", "--timeout", "4s"]);
        Ran::of(command.output().unwrap())
    }

    /// `kubectl saewatch check` of the watch `shop`, which asks the SAE here without a proxy.
    pub fn check_stored(&self, kubeconfig: &str, environment: &[(&str, &str)]) -> Ran {
        std::fs::write(self.path("kubeconfig"), kubeconfig).unwrap();
        let mut command = self.command(self.path("kubectl-saewatch"), environment);
        command.env("KUBECONFIG", self.path("kubeconfig")).env("SAEWATCH_ENDPOINT", self.sae.endpoint());
        Ran::of(command.args(["check", "shop"]).output().unwrap())
    }

    /// A program in an environment of nothing but this.
    pub fn command(&self, program: PathBuf, environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
            .env("SSL_CERT_FILE", self.path("ca.pem"))
            .envs(environment.iter().copied())
            .stdin(Stdio::null());
        command
    }
}

impl Ran {
    pub fn of(Output { status, stdout, stderr }: Output) -> Self {
        let said = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(!said.contains("panicked"), "{said}");
        Self { code: status.code().unwrap(), said }
    }

    #[track_caller]
    pub fn expect(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{}", self.said);
        for word in words {
            assert!(self.said.contains(word), "{word:?} is not in: {}", self.said);
        }
    }
}

/// A kubeconfig of a cluster by this address, with more lines for the cluster.
pub fn kubeconfig(server: &str, more: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Config, current-context: one, \
          contexts: [{{name: one, context: {{cluster: one, user: one}}}}], \
          users: [{{name: one, user: {{token: t}}}}], \
          clusters: [{{name: one, cluster: {{server: \"{server}\", insecure-skip-tls-verify: true{more}}}}}]}}"
    )
}
