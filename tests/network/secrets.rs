//! No text of another library shows a secret.

use std::process::Stdio;

use crate::proxy::Proxy;
use crate::server::ApiServer;
use crate::stage::{BINARY, Ran, Stage, kubeconfig};

#[track_caller]
fn assert_unmarked(ran: &Ran) {
    assert_ne!(ran.code, 0, "{}", ran.said);
    assert!(!ran.said.contains("MARKED"), "{}", ran.said);
}

#[test]
fn the_password_of_a_proxy_is_in_no_output() {
    let (stage, server) = (Stage::new(), ApiServer::start());
    let refusing = Proxy::http("403 Forbidden", stage.sae_address()).address.to_string();
    for (scheme, address) in [
        ("http", refusing.as_str()),
        ("https", &refusing),
        ("socks5", &refusing),
        ("http", "127.0.0.1:1"),
        ("http", "no-proxy.saewatch.invalid"),
        ("ftp", "proxy"),
        ("socks4", "proxy"),
        ("http", "pro xy"),
        ("http", "proxy:99999"),
    ] {
        let url = format!("{scheme}://bob:MARKED@{address}");
        let environment = [("HTTPS_PROXY", &*url)];
        assert_unmarked(&stage.check(&environment));
        assert_unmarked(&stage.check_stored(&kubeconfig("https://kube.saewatch.invalid", ""), &environment));
        let by_url = kubeconfig(&format!("https://{}", server.address), &format!(", proxy-url: \"{url}\""));
        assert_unmarked(&stage.check_stored(&by_url, &[]));
    }
}

#[test]
fn a_token_beside_a_mistake_in_the_kubeconfig_is_in_no_output() {
    let stage = Stage::new();
    for broken in [
        "apiVersion: v1\nusers:\n- name: one\n  user:\n    token: MARKED\n   bad: indent\n",
        "apiVersion: v1\nusers:\n- name: one\n  user: {token: [MARKED]}\n",
        "users: MARKED",
    ] {
        assert_unmarked(&stage.check_stored(broken, &[]));
    }
}

#[test]
fn what_a_credential_plugin_printed_is_in_no_output() {
    let (stage, server) = (Stage::new(), ApiServer::start());
    let here = kubeconfig(&format!("https://{}", server.address), "");
    for script in ["echo MARKED; echo no session >&2; exit 1", "echo '{token: MARKED, kind: [}'"] {
        let exec = format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: /bin/sh, \
             args: [-c, \"{script}\"]}}"
        );
        let ran = stage.check_stored(&here.replace("token: t", &exec), &[]);
        assert_unmarked(&ran);
        ran.expect(3, &["the credential plugin"]);
    }
}

#[test]
fn the_user_of_an_endpoint_is_in_no_output_of_the_command_line() {
    let stage = Stage::new();
    let url = "https://bob:MARKED@sae.example.com";
    for arguments in [&["run", "--endpoint", url][..], &["check", "x", "--endpoint", url], &["check", "x"]] {
        let mut command = stage.command(BINARY.into(), &[]);
        if arguments.len() == 2 {
            command.env("SAEWATCH_ENDPOINT", url);
        }
        assert_unmarked(&Ran::of(command.args(arguments).output().unwrap()));
    }
    let help = stage.command(BINARY.into(), &[("SAEWATCH_ENDPOINT", url)]).args(["run", "--help"]).output();
    let help = Ran::of(help.unwrap());
    assert!(help.said.contains("SAEWATCH_ENDPOINT") && !help.said.contains("MARKED"), "{}", help.said);
}

#[test]
fn a_log_level_that_is_none_is_refused() {
    let stage = Stage::new();
    for level in ["loud", "", "info,quiet"] {
        let mut command = stage.command(BINARY.into(), &[("KUBECONFIG", "/nonexistent")]);
        let ran = Ran::of(command.args(["run", "--log-level", level]).stdin(Stdio::null()).output().unwrap());
        ran.expect(2, &["--log-level", "expected error, warn, info, debug or trace"]);
    }
}
