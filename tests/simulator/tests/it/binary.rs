//! The program that a person starts.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running program; killed if a test fails before it ended.
struct Program(Child);

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sae-simulator"));
        let command = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    fn first_line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line
    }

    fn exit_code(&mut self) -> i32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code().expect("it ends by itself, not by the signal");
            }
            assert!(start.elapsed() < Duration::from_secs(5), "it ends within 5 s");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn it_says_where_it_listens_serves_and_ends_cleanly_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let mut program = Program::start(&["--listen", "127.0.0.1:0", "--calls-per-minute", "60"]);
        let line = program.first_line();
        let endpoint = line.strip_prefix("listening on ").unwrap().split(' ').next().unwrap();
        assert!(
            line.trim_end().ends_with(" key-id=simulator-key-id key-secret=simulator-key-secret"),
            "{line}"
        );
        let calls =
            client_builder().build().unwrap().get(format!("{endpoint}/_control/calls")).send().await.unwrap();
        assert_eq!(calls.text().await.unwrap(), "[]");
        program.signal(signal);
        assert_eq!(program.exit_code(), 0);
    }
}

#[test]
fn it_refuses_to_listen_beyond_loopback() {
    let mut program = Program::start(&["--listen", "0.0.0.0:0"]);
    assert_eq!(program.exit_code(), 2);
    let mut error = String::new();
    std::io::Read::read_to_string(program.0.stderr.as_mut().unwrap(), &mut error).unwrap();
    assert!(error.contains("cannot listen on 0.0.0.0:0: the simulator listens on loopback, "), "{error}");
}

#[test]
fn it_says_so_when_the_address_is_taken() {
    let mut first = Program::start(&[]);
    let line = first.first_line();
    let address = line.split("http://").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(Program::start(&["--listen", &address]).exit_code(), 2);
}

#[tokio::test]
async fn it_speaks_https_with_the_authority_that_it_writes_down() {
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/simulator-ca.crt");
    let mut program = Program::start(&["--ca-file", file]);
    let line = program.first_line();
    let endpoint = line.strip_prefix("listening on ").unwrap().split(' ').next().unwrap();
    assert!(endpoint.starts_with("https://127.0.0.1:"), "{line}");
    let authority = reqwest::Certificate::from_pem(&std::fs::read(file).unwrap()).unwrap();
    let client = client_builder().tls_certs_only([authority]).build().unwrap();
    let calls = client.get(format!("{endpoint}/_control/calls")).send().await.unwrap();
    assert_eq!(calls.text().await.unwrap(), "[]");
}

fn client_builder() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}
