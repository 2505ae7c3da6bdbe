//! The way to a cluster, for the plugin and for `run`: as kubectl's.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::proxy::Proxy;
use crate::server::ApiServer;
use crate::stage::{BINARY, Stage, kubeconfig};

/// A name that only the proxies here know.
const SERVER: &str = "https://kube.saewatch.invalid:6443";

#[test]
fn the_plugin_goes_through_the_proxy_of_the_environment() {
    let (stage, server) = (Stage::new(), ApiServer::start());
    let (http, socks) = (Proxy::http("200 OK", server.address), Proxy::socks(server.address));
    for (variable, url) in [
        ("HTTPS_PROXY", http.url("http")),
        ("https_proxy", http.url("http")),
        ("HTTPS_PROXY", socks.url("socks5")),
    ] {
        stage.check_stored(&kubeconfig(SERVER, ""), &[(variable, &url)]).expect(0, &["shop", "Healthy"]);
    }
    assert_eq!(http.seen(), ["CONNECT kube.saewatch.invalid:6443 HTTP/1.1"; 2]);
    assert_eq!(socks.seen(), ["SOCKS kube.saewatch.invalid:6443"]);
}

#[test]
fn the_plugin_goes_through_the_proxy_of_the_kubeconfig_whatever_no_proxy_says() {
    let (stage, server) = (Stage::new(), ApiServer::start());
    let (http, socks) = (Proxy::http("201 Created", server.address), Proxy::socks(server.address));
    for url in [http.url("http"), socks.url("socks5")] {
        let kubeconfig = kubeconfig(SERVER, &format!(", proxy-url: \"{url}\""));
        stage.check_stored(&kubeconfig, &[("NO_PROXY", "*")]).expect(0, &["shop", "Healthy"]);
    }
    assert_eq!((http.seen().len(), socks.seen().len()), (1, 1));
}

#[test]
fn the_plugin_heeds_no_proxy() {
    let (stage, server) = (Stage::new(), ApiServer::start());
    let proxy = Proxy::http("200 OK", server.address);
    let environment = [("HTTPS_PROXY", &*proxy.url("http")), ("NO_PROXY", "kube.saewatch.invalid")];
    stage
        .check_stored(&kubeconfig(SERVER, ""), &environment)
        .expect(3, &[SERVER, "cannot be reached", "lookup"]);
    // Loopback is reached directly, as by kubectl.
    let here = kubeconfig(&format!("https://{}", server.address), "");
    stage.check_stored(&here, &environment[..1]).expect(0, &["shop", "Healthy"]);
    assert_eq!(proxy.seen(), [""; 0]);
}

#[test]
fn a_proxy_url_that_is_none_is_refused_by_name() {
    let stage = Stage::new();
    let kubeconfig = kubeconfig(SERVER, ", proxy-url: not a url");
    stage
        .check_stored(&kubeconfig, &[])
        .expect(3, &["proxy-url in the kubeconfig is not the address of a proxy"]);
}

#[test]
fn a_cluster_out_of_reach_is_named_with_the_innermost_cause() {
    let stage = Stage::new();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = format!("https://{address}");
    let trusting_nobody = kubeconfig(&format!("https://{}", ApiServer::start().address), "")
        .replace("insecure-skip-tls-verify: true", "insecure-skip-tls-verify: false");
    for (kubeconfig, words) in [
        (kubeconfig(&refused, ""), [&*refused, "Connection refused"]),
        (kubeconfig(SERVER, ""), [SERVER, "lookup"]),
        (
            trusting_nobody,
            ["https://127.0.0.1:", "the server's certificate is signed by an authority that is not trusted"],
        ),
    ] {
        let ran = stage.check_stored(&kubeconfig, &[]);
        ran.expect(3, &["the cluster cannot be asked for the watch", "cannot be reached"]);
        ran.expect(3, &words);
        assert!(!ran.said.contains("ServiceError"), "{}", ran.said);
    }
}

/// The operator on this cluster, with its log in a file.
struct Operator {
    child: Child,
    log: PathBuf,
}

impl Operator {
    fn start(stage: &Stage, kubeconfig: &str, environment: &[(&str, &str)]) -> Self {
        std::fs::write(stage.path("kubeconfig"), kubeconfig).unwrap();
        let log = stage.path("log");
        let mut command = stage.command(BINARY.into(), environment);
        command.env("KUBECONFIG", stage.path("kubeconfig")).args(["run", "--http-addr", "127.0.0.1:0"]);
        command.stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        Self { child: command.spawn().unwrap(), log }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < Duration::from_secs(60), "{what} never came: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn run_goes_through_proxies_too() {
    let (stage, server) = (Stage::new(), ApiServer::start());
    let proxy = Proxy::http("200 OK", server.address);
    let by_variable =
        Operator::start(&stage, &kubeconfig(SERVER, ""), &[("HTTPS_PROXY", &proxy.url("http"))]);
    by_variable.until("a request by the variable", || !proxy.seen().is_empty());
    drop(by_variable);
    let proxy = Proxy::socks(server.address);
    let named = kubeconfig(SERVER, &format!(", proxy-url: \"{}\"", proxy.url("socks5")));
    let by_kubeconfig = Operator::start(&stage, &named, &[]);
    by_kubeconfig.until("a request by the kubeconfig", || !proxy.seen().is_empty());
}

#[test]
fn run_names_a_cluster_out_of_reach_once_for_each_resource_and_not_at_each_try() {
    let stage = Stage::new();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let operator = Operator::start(&stage, &kubeconfig(&format!("https://{address}"), ""), &[]);
    let names = |resource: &str| {
        let is_it = |line: &&str| line.contains("Connection refused") && line.contains(resource);
        operator.log().lines().filter(is_it).count()
    };
    let resources = ["saeappwatches cannot", "saeaccounts cannot"];
    operator.until("the first lines", || resources.iter().all(|resource| names(resource) > 0));
    // It tries again after 0.8 s, then after 1.6 s.
    std::thread::sleep(Duration::from_secs(4));
    let log = operator.log();
    assert_eq!(resources.map(names), [1, 1], "{log}");
    assert!(log.contains(&format!("https://{address} cannot be reached")), "{log}");
}
