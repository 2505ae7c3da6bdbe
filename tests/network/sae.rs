//! The way to SAE.

use crate::proxy::Proxy;
use crate::server::ApiServer;
use crate::stage::Stage;

/// A place where nobody listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn https_goes_through_the_proxy_of_the_environment_whatever_2xx_it_answers() {
    let stage = Stage::new();
    for (variable, status) in [
        ("HTTPS_PROXY", "200 Connection established"),
        ("https_proxy", "201 Created"),
        ("HTTPS_PROXY", "299 x"),
    ] {
        let proxy = Proxy::http(status, stage.sae_address());
        stage.check(&[(variable, &proxy.url("http"))]).expect(0, &["Healthy"]);
        assert_eq!(proxy.seen(), ["CONNECT sae.cn-hangzhou.aliyuncs.com:443 HTTP/1.1"]);
    }
}

#[test]
fn host_and_port_alone_are_a_proxy_and_a_proxy_is_told_its_user() {
    let stage = Stage::new();
    let proxy = Proxy::http("200 OK", stage.sae_address());
    stage.check(&[("HTTPS_PROXY", &format!("bob:p%40ss@{}", proxy.address))]).expect(0, &["Healthy"]);
    let expected =
        "CONNECT sae.cn-hangzhou.aliyuncs.com:443 HTTP/1.1 Proxy-Authorization: Basic Ym9iOnBAc3M=";
    assert_eq!(proxy.seen(), [expected]);
}

#[test]
fn a_socks_proxy_resolves_the_name() {
    let stage = Stage::new();
    let proxy = Proxy::socks(stage.sae_address());
    for scheme in ["socks5", "socks5h"] {
        stage.check(&[("HTTPS_PROXY", &proxy.url(scheme))]).expect(0, &["Healthy"]);
    }
    assert_eq!(proxy.seen(), ["SOCKS sae.cn-hangzhou.aliyuncs.com:443"; 2]);
}

#[test]
fn a_proxy_that_refuses_is_named_with_its_status() {
    let stage = Stage::new();
    for (answer, status) in [
        ("403 MARKED", "403 Forbidden"),
        ("503 MARKED", "503 Service Unavailable"),
        ("407 MARKED", "407 Proxy Authentication Required"),
    ] {
        let proxy = Proxy::http(answer, stage.sae_address());
        let ran = stage.check(&[("HTTPS_PROXY", &proxy.url("http"))]);
        ran.expect(3, &["PollFailed", &format!("the proxy {}", proxy.address), status]);
        assert!(!ran.said.contains("MARKED"), "{}", ran.said);
    }
}

#[test]
fn a_proxy_may_want_tls_itself() {
    let (stage, server) = (Stage::new(), ApiServer::start());
    let trusted = stage.path("proxy.pem");
    std::fs::write(&trusted, &server.pem).unwrap();
    let url = format!("https://{}", server.address);
    // It is no proxy; that it answers at all says that it was asked within TLS.
    let trusting = [("HTTPS_PROXY", &*url), ("SSL_CERT_FILE", trusted.to_str().unwrap())];
    stage.check(&trusting).expect(3, &["the proxy 127.0.0.1:", "answered 404 Not Found to CONNECT"]);
    stage
        .check(&trusting[..1])
        .expect(3, &["the proxy 127.0.0.1:", "is signed by an authority that is not trusted"]);
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let stage = Stage::new();
    let nobody = nowhere();
    let cases = [(nobody.as_str(), "Connection refused"), ("no-proxy.saewatch.invalid:3128", "lookup")];
    for (address, cause) in cases {
        let ran = stage.check(&[("HTTPS_PROXY", &format!("http://{address}"))]);
        ran.expect(3, &["PollFailed", &format!("the proxy {address} cannot be reached"), cause]);
    }
}

#[test]
fn no_proxy_is_read_as_gos_tools_read_it() {
    let stage = Stage::new();
    let proxy = Proxy::http("403 Forbidden", stage.sae_address());
    let url = proxy.url("http");
    let asked = |no_proxy: &str| {
        let before = proxy.seen().len();
        // Nobody has this name, so that without a proxy nobody is asked.
        let endpoint = "https://sae.{region}.saewatch.invalid";
        let environment = [("HTTPS_PROXY", &*url), ("NO_PROXY", no_proxy), ("SAEWATCH_ENDPOINT", endpoint)];
        stage.check(&environment).expect(3, &[]);
        proxy.seen().len() > before
    };
    for direct in [
        "*.saewatch.invalid",
        ".saewatch.invalid",
        "saewatch.invalid",
        "sae.cn-hangzhou.saewatch.invalid:443",
        "example.com, *",
    ] {
        assert!(!asked(direct), "{direct}");
    }
    for through in ["", "sae.cn-hangzhou.saewatch.invalid:80", "watch.invalid", "10.0.0.0/8"] {
        assert!(asked(through), "{through}");
    }
}

#[test]
fn a_variable_that_is_no_proxy_is_refused_by_name() {
    let stage = Stage::new();
    for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY"] {
        for text in ["not a url", "ftp://proxy:21"] {
            let ran = stage.check(&[(variable, text)]);
            ran.expect(3, &[&format!("{variable} is not the address of a proxy"), "such as http://"]);
        }
    }
}
