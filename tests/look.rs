//! The twenty lines of `examples/look.rs`, run as a person runs them: keys and trust come from the environment.
#![cfg(test)]

use std::path::Path;
use std::process::{Command, Output};

use sae_simulator::{Application, KEY_ID, KEY_SECRET, Simulator};

/// Looks in an environment of exactly these variables.
fn look(endpoint: &str, environment: &[(&str, &str)]) -> (Output, String) {
    let example = Path::new(env!("CARGO_BIN_EXE_saewatch")).parent().unwrap().join("examples/look");
    let output = Command::new(example)
        .args(["--app-id", "demo-shop", "--endpoint", endpoint])
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let words = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output, String::from_utf8(words).unwrap())
}

const KEYS: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)];

#[test]
fn a_look_at_an_https_server_with_its_own_authority_needs_ssl_cert_file() {
    let sim = Simulator::start_tls();
    sim.put_application(Application::new("demo-shop").group("g-1", 120).group("g-2", 3).running(123));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, sim.ca_pem().unwrap()).unwrap();

    let trusting = [KEYS[0], KEYS[1], ("SSL_CERT_FILE", file.to_str().unwrap())];
    let (output, words) = look(&sim.endpoint(), &trusting);
    assert!(output.status.success(), "{words}");
    assert!(words.ends_with("123 instances in 2 groups\n"), "{words}");

    let (output, words) = look(&sim.endpoint(), &KEYS);
    assert!(!output.status.success());
    assert!(
        words.contains(
            "cannot connect: the server's certificate is signed by an authority that is not trusted"
        ),
        "{words}"
    );
}

#[test]
fn a_look_with_a_wrong_secret_says_which_key_to_check() {
    let sim = Simulator::start();
    let (output, words) = look(&sim.endpoint(), &[KEYS[0], ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "marked")]);
    assert!(!output.status.success());
    assert_eq!(
        words,
        "Error: DescribeApplicationGroups: SignatureDoesNotMatch (HTTP 400): Specified signature is not matched \
         with our calculation; check the AccessKey: it comes from the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)\n"
    );
}
