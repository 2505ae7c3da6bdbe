//! What every test here stands on: an SAE with applications in two regions, an empty home directory, the binary.

use std::process::{Command, Output, Stdio};

use sae_simulator::{AppSource, Application, KEY_ID, KEY_SECRET, Kind, Setup, Simulator};

pub const BOTH: &str = "cn-hangzhou,cn-beijing";

pub struct Stage {
    pub sae: Simulator,
    pub home: tempfile::TempDir,
}

/// How a run ended and what it said.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Stage {
    /// No application at all.
    pub fn empty() -> Self {
        Self { sae: Setup::new().empty().start().unwrap(), home: tempfile::tempdir().unwrap() }
    }

    /// Two applications of one name, a third in another region, and four rows that are no applications to be watched.
    pub fn new() -> Self {
        let stage = Self::empty();
        let put = |application: Application| stage.sae.put_application(application);
        let shop = |id: &str, namespace: &str| Application::new(id).named("shop").in_namespace(namespace);
        put(shop("7171a6ca-d1cd-4928-8642-7d5cfe69a1a1", "cn-hangzhou:test").group("g", 1).running(1));
        let canary = Application::new("canary").group("g", 1).running(1);
        let prod = shop("0099b7be-5f5b-4512-a7fc-56049ef1aaaa", "cn-hangzhou:prod").with_child(canary);
        put(prod.tagged("team", "shop").tagged("tier", "1").group("g", 4).running(3));
        let cart = Application::new("f7730764-d88f-4b9a-8d8e-cd8efbfe56b3").named("shop-cart");
        put(cart.in_region("cn-beijing").tagged("team", "shop").group("g", 2).running(2));
        put(Application::new("gone").named("shop-old").tagged("team", "shop"));
        stage.sae.update("gone", |app| app.deleting = true);
        let job = Kind { source: AppSource::Job, ..Kind::default() };
        put(Application::new("job").named("shop-report").of_kind(job));
        stage
    }

    /// So many applications in a region, `app-0000` and so on, of which SAE gives ten a page.
    pub fn with_pages(region: &str, applications: usize) -> Self {
        let stage = Self::empty();
        for number in 0..applications {
            let name = format!("app-{number:04}");
            let id = format!("{region}-{name}");
            stage.sae.put_application(Application::new(&id).named(&name).in_region(region));
        }
        stage.sae.set_largest_page(Some(10));
        stage
    }

    /// The command in an environment of nothing but the keys and the endpoint.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.saewatch();
        command.arg("discover").args(arguments);
        command
    }

    /// The binary.
    pub fn saewatch(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saewatch"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
            .env("SAEWATCH_ENDPOINT", self.sae.regional_endpoint())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn discover(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// What is found in both regions, by this output.
    pub fn found(&self, arguments: &[&str]) -> String {
        let ran = self.discover(&[&["--region", BOTH], arguments].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
        ran.stdout
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
            assert!(
                !said.chars().any(|c| c.is_control() && c != '\n'),
                "colours and progress are for a terminal: {said:?}"
            );
        }
        ran
    }

    /// It found nothing out: nothing to read for a program, and these words for people.
    pub fn expect_failure(&self, words: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (3, ""), "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not in: {}", self.stderr);
        }
    }
}
