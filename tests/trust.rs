//! Which servers are trusted, and what is said of those that are not.
#![cfg(test)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use saewatch::sae::{Ask, Client, Environment, InstancesCall, Keys, Settings};

const ANSWER: &str = r#"{"Success": true, "Data": {"TotalSize": 0}}"#;
/// How a certificate says that it is of version 3, and that it is signed by ECDSA with SHA-256.
const VERSION_3: [u8; 5] = [0xa0, 3, 2, 1, 2];
const ECDSA_SHA256: [u8; 10] = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for a name, with some of its bytes replaced.
    fn signed(&self, params: &CertificateParams, replace: &[(&[u8], &[u8])]) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let mut der = params.signed_by(&key, &self.issuer).unwrap().der().to_vec();
        for (old, new) in replace {
            let places: Vec<usize> =
                (0..=der.len() - old.len()).filter(|at| der[*at..].starts_with(old)).collect();
            assert!(!places.is_empty());
            for at in places {
                der[at..at + new.len()].copy_from_slice(new);
            }
        }
        presenting(der.into(), &key)
    }

    fn server(&self) -> Arc<ServerConfig> {
        self.signed(&loopback(), &[])
    }
}

fn loopback() -> CertificateParams {
    CertificateParams::new(["127.0.0.1".to_owned()]).unwrap()
}

/// TLS with a certificate that is not looked at first.
fn presenting(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = any_supported_type(&PrivateKeyDer::Pkcs8(key.serialize_der().into())).unwrap();
    let certified = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certified));
    Arc::new(config)
}

/// Answers one request a connection.
struct Server {
    address: SocketAddr,
    config: Arc<Mutex<Arc<ServerConfig>>>,
}

impl Server {
    fn start(config: Arc<ServerConfig>) -> Self {
        let config = Arc::new(Mutex::new(config));
        let current = config.clone();
        let address = listen(move |stream| {
            let connection = ServerConnection::new(current.lock().unwrap().clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
                head.push(byte[0]);
            }
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", ANSWER.len());
            // Who does not trust us is gone.
            let _ = stream.write_all((head + ANSWER).as_bytes()).and_then(|()| stream.flush());
        });
        Self { address, config }
    }

    fn change(&self, config: Arc<ServerConfig>) {
        *self.config.lock().unwrap() = config;
    }
}

fn listen(serve: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(serve));
    address
}

/// A client that trusts what these variables name.
fn client(address: SocketAddr, variables: &[(&str, &str)]) -> Client {
    let endpoint = format!("https://{address}").parse().unwrap();
    let settings = Settings::new().endpoint(endpoint).environment(Environment::of(variables.iter().copied()));
    Client::with_keys(settings, Keys::new("id", "secret", "a test")).unwrap()
}

async fn ask(client: &Client) -> Result<(), String> {
    let call = InstancesCall {
        region: "cn-hangzhou".parse().unwrap(),
        app: "demo-shop".parse().unwrap(),
        group: "g-1".to_owned(),
        instance: None,
        pipeline: None,
        page: 1,
    };
    client.ask(&call, Duration::from_secs(10)).await.map(|_| ()).map_err(|error| error.to_string())
}

/// Writes a file as kubelet does: anew, and then in the place of the old one.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(&new, path).unwrap();
}

#[tokio::test]
async fn a_renewed_file_of_authorities_is_read_again_without_a_restart() {
    let [old, new, other] = ["old", "new", "other"].map(Authority::new);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("live.pem");
    std::fs::write(&file, &old.pem).unwrap();
    let server = Server::start(old.server());
    let client = client(server.address, &[("SSL_CERT_FILE", file.to_str().unwrap())]);
    ask(&client).await.unwrap();

    replace(&file, &[&*old.pem, &new.pem].concat());
    server.change(new.server());
    ask(&client).await.unwrap();

    replace(&file, &new.pem);
    server.change(old.server());
    let error = ask(&client).await.unwrap_err();
    assert!(error.contains("authority that is not trusted"), "{error}");

    // What cannot be read changes nothing for the servers that are known, and is said of the others.
    replace(&file, "half a file");
    server.change(new.server());
    ask(&client).await.unwrap();
    server.change(other.server());
    let error = ask(&client).await.unwrap_err();
    assert!(error.contains("the renewed certificates cannot be used: SSL_CERT_FILE="), "{error}");
    assert!(error.contains("no certificate in it"), "{error}");

    replace(&file, &other.pem);
    ask(&client).await.unwrap();
}

#[tokio::test]
async fn a_file_and_folders_are_read_side_by_side() {
    let [one, two, three] = ["one", "two", "three"].map(Authority::new);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("a")).unwrap();
    std::fs::create_dir(path("b")).unwrap();
    std::fs::write(path("one.pem"), &one.pem).unwrap();
    std::fs::write(path("a/two.crt"), &two.pem).unwrap();
    let file = path("one.pem").to_str().unwrap().to_owned();
    let folders = format!("{}:{}", path("a").display(), path("b").display());
    let variables = [("SSL_CERT_FILE", &*file), ("SSL_CERT_DIR", &*folders)];

    let server = Server::start(one.server());
    let client = client(server.address, &variables);
    ask(&client).await.unwrap();
    server.change(two.server());
    ask(&client).await.unwrap();
    server.change(three.server());
    ask(&client).await.unwrap_err();
    // As `openssl rehash` names it; a file that appears is read too.
    std::fs::write(path("b/0a1b2c3d.0"), &three.pem).unwrap();
    ask(&client).await.unwrap();
    let by_folder = self::client(server.address, &variables[1..]);
    ask(&by_folder).await.unwrap();
    server.change(one.server());
    ask(&by_folder).await.unwrap_err();
}

#[tokio::test]
async fn the_mark_that_windows_editors_put_first_hides_no_certificate() {
    let authority = Authority::new("known");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, format!("\u{feff}{}", authority.pem)).unwrap();
    let server = Server::start(authority.server());
    let client = client(server.address, &[("SSL_CERT_FILE", file.to_str().unwrap())]);
    ask(&client).await.unwrap();
}

/// What is said of a server by a client that trusts one authority.
async fn said(trusted: &str, server: Arc<ServerConfig>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, trusted).unwrap();
    let client = client(Server::start(server).address, &[("SSL_CERT_FILE", file.to_str().unwrap())]);
    ask(&client).await.unwrap_err()
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_a_sentence() {
    let authority = Authority::new("known");
    let mut expired = loopback();
    (expired.not_before, expired.not_after) =
        (rcgen::date_time_ymd(2000, 1, 1), rcgen::date_time_ymd(2001, 1, 1));
    let elsewhere = CertificateParams::new(["a.example".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let self_signed = loopback().self_signed(&key).unwrap();
    let mut own_authority = loopback();
    own_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own_authority = own_authority.self_signed(&key).unwrap();
    let (version_1, ecdsa_sha512) = ([&VERSION_3[..4], &[0]].concat(), [&ECDSA_SHA256[..9], &[4]].concat());

    let trusted = authority.pem.as_str();
    for (trusted, server, sentence) in [
        (
            trusted,
            Authority::new("other").server(),
            "is signed by an authority that is not trusted, or by itself",
        ),
        (trusted, Authority::new("known").server(), "is not signed by the trusted authority of that name"),
        (trusted, presenting(self_signed.der().clone(), &key), "by itself: name a file of its authority"),
        (
            &own_authority.pem(),
            presenting(own_authority.der().clone(), &key),
            "is that of an authority (CA:TRUE)",
        ),
        (trusted, authority.signed(&expired, &[]), "has expired"),
        (trusted, authority.signed(&elsewhere, &[]), "is not one for 127.0.0.1, but for a.example"),
        (trusted, authority.signed(&loopback(), &[(&VERSION_3, &version_1)]), "is of X.509 version 1"),
        (
            trusted,
            // As an authority with a key of P-521 signs.
            authority.signed(&loopback(), &[(&ECDSA_SHA256, &ecdsa_sha512)]),
            "is signed by a kind of key that is not supported: RSA, P-256, P-384 and Ed25519 are, P-521 is not",
        ),
    ] {
        let said = said(trusted, server).await;
        assert!(
            said.contains("cannot connect: the server's certificate ") && said.contains(sentence),
            "{said}"
        );
        assert!(!said.contains("Other"), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_shares_no_kind_of_key_or_speaks_no_tls_is_told() {
    let alert = [0x15, 3, 3, 0, 2, 2, 40];
    for (answer, sentence) in [
        (&alert[..], "P-521 is not supported"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what answers there does not speak TLS"),
    ] {
        let answer = answer.to_vec();
        let address = listen(move |mut stream| {
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello).and_then(|_| stream.write_all(&answer));
        });
        let error = ask(&client(address, &[])).await.unwrap_err();
        assert!(error.contains(sentence), "{error}");
    }
}

#[test]
fn what_holds_no_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("utf16.pem"), b"\xff\xfe-\0-\0").unwrap();
    std::fs::write(path("text.pem"), "no pem").unwrap();
    let (file, folders) = ("SSL_CERT_FILE", "SSL_CERT_DIR");
    for (variables, problem) in [
        (vec![(file, path("text.pem"))], "no certificate in it"),
        (vec![(file, path("none.pem"))], "No such file"),
        (vec![(file, path("utf16.pem"))], "save it as UTF-8"),
        (vec![(folders, path("none"))], "no certificate in it"),
        (vec![(file, path("text.pem")), (folders, path(""))], "no certificate in it"),
    ] {
        let settings = Settings::new().environment(Environment::of(variables.clone()));
        let error = Client::with_keys(settings, Keys::new("id", "secret", "a test")).unwrap_err().to_string();
        for (name, value) in variables {
            assert!(error.contains(&format!("{name}={value}")), "{error}");
        }
        assert!(error.contains(problem) && error.contains("expected PEM certificates"), "{error}");
    }
}
