//! An API server that knows one watch, over TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The watch `shop`.
const SHOP: &str = r#"{
    "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
    "metadata": {"name": "shop", "namespace": "default", "uid": "u-1", "generation": 1},
    "spec": {"appId": "demo-shop", "regionId": "cn-hangzhou"}
}"#;

pub struct ApiServer {
    pub address: SocketAddr,
    /// Its certificate, which it signed itself.
    pub pem: String,
}

impl ApiServer {
    pub fn start() -> Self {
        let (config, pem) = tls();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let connection = ServerConnection::new(config.clone()).unwrap();
                std::thread::spawn(move || serve(StreamOwned::new(connection, stream)));
            }
        });
        Self { address, pem }
    }
}

fn serve(mut stream: StreamOwned<ServerConnection, TcpStream>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if !stream.read(&mut byte).is_ok_and(|read| read > 0) {
            return;
        }
        head.push(byte[0]);
    }
    let is_known = head.starts_with(b"GET /apis/saewatch.dev/v1alpha1/namespaces/default/saeappwatches/shop");
    let (status, body) = if is_known { ("200 OK", SHOP) } else { ("404 Not Found", "{}") };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // Who had enough is gone.
    let _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.flush());
}

fn tls() -> (Arc<ServerConfig>, String) {
    let key = KeyPair::generate().unwrap();
    let names = ["kube.saewatch.invalid", "127.0.0.1"].map(str::to_owned);
    let certificate = CertificateParams::new(names).unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    (Arc::new(config), certificate.pem())
}
