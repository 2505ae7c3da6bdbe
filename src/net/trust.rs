//! Which certificate authorities are trusted: those of the system, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR`
//! name.
//!
//! What the variables name is read again when it changes. Kubernetes renews such a file in a running pod, and the
//! server follows days later, without a restart.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::Environment;
use crate::domain;

const FILE: &str = "SSL_CERT_FILE";
const FOLDERS: &str = "SSL_CERT_DIR";

/// Why no certificate authority can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// What the variables name holds no certificate.
    #[error("{named}: {problem}; expected PEM certificates")]
    Named {
        /// The variables and their values.
        named: String,
        /// What is wrong with them.
        problem: String,
    },
    /// The TLS library does not take what it was given.
    #[error("TLS cannot be set up: {0}")]
    Library(String),
}

/// TLS that trusts the authorities which the environment names, else the system's. The crypto provider is named here
/// and not taken from the process, so that a library user has nothing to install first.
pub(crate) fn tls(environment: &Environment) -> Result<ClientConfig, TrustError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(library)?;
    let builder = match Named::new(environment) {
        Some(named) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(RenewedVerifier::new(named, provider)?)),
        None => builder.with_root_certificates(system_roots()),
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The system's authorities. Those of an image never change while it runs.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// The file and the folders that the variables name.
#[derive(Debug, Clone)]
struct Named {
    file: Option<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Named {
    /// What the environment names, if it names anything. Of folders there may be several, with colons between them, as
    /// for OpenSSL and Go.
    fn new(environment: &Environment) -> Option<Self> {
        let (file, folders) = (environment.get(FILE), environment.get(FOLDERS));
        (file.is_some() || folders.is_some()).then(|| Self {
            file: file.map(PathBuf::from),
            folders: std::env::split_paths(&folders.unwrap_or_default())
                .filter(|folder| !folder.as_os_str().is_empty())
                .collect(),
        })
    }

    /// The files to read. Go reads every file of a folder, OpenSSL those with a hash for a name: they are links to the
    /// same files.
    fn paths(&self) -> BTreeSet<PathBuf> {
        let in_folder = |folder: &PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
        let in_folders = self.folders.iter().flat_map(in_folder).map(|entry| entry.path());
        in_folders.filter(|path| path.is_file()).chain(self.file.clone()).collect()
    }

    /// A number that changes when one of the files is written, replaced, appears or goes.
    fn fingerprint(&self) -> u64 {
        let state = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.dev(), metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec()))
        };
        let states: Vec<_> = self.paths().into_iter().map(|path| (state(&path), path)).collect();
        domain::fingerprint(&states)
    }

    /// All certificates in the files.
    fn roots(&self) -> Result<RootCertStore, TrustError> {
        let mut roots = RootCertStore::empty();
        let mut problem = None;
        for path in self.paths() {
            match certificates(&path) {
                Ok(found) => _ = roots.add_parsable_certificates(found),
                Err(found) => problem = problem.or(Some(found)),
            }
        }
        if roots.is_empty() {
            let problem = problem.unwrap_or_else(|| "no certificate in it".to_owned());
            return Err(TrustError::Named { named: self.to_string(), problem });
        }
        Ok(roots)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{FILE}={}", file.display())?;
        }
        if !self.folders.is_empty() {
            let between = if self.file.is_some() { " " } else { "" };
            let folders: Vec<_> = self.folders.iter().map(|folder| folder.display().to_string()).collect();
            write!(f, "{between}{FOLDERS}={}", folders.join(":"))?;
        }
        Ok(())
    }
}

/// The certificates of a file; why there are none.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = fs::read(path).map_err(|error| error.to_string())?;
    if text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]) {
        return Err("the file is UTF-16 text: save it as UTF-8".to_owned());
    }
    // Behind the mark that Windows' editors put first, the first line would not be seen.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let found: Vec<_> = CertificateDer::pem_slice_iter(text).filter_map(Result::ok).collect();
    if found.is_empty() { Err("no certificate in it".to_owned()) } else { Ok(found) }
}

/// Verifies servers by what the variables name, as it is when a connection is opened.
#[derive(Debug)]
struct RenewedVerifier {
    named: Named,
    provider: Arc<CryptoProvider>,
    read: Mutex<Read>,
}

/// What was read last.
#[derive(Debug)]
struct Read {
    fingerprint: u64,
    verifier: Arc<WebPkiServerVerifier>,
    /// Why what is there now cannot be used. What was there before counts on.
    problem: Option<TrustError>,
}

impl RenewedVerifier {
    fn new(named: Named, provider: Arc<CryptoProvider>) -> Result<Self, TrustError> {
        let fingerprint = named.fingerprint();
        let verifier = verifier(&named, &provider)?;
        Ok(Self { named, provider, read: Mutex::new(Read { fingerprint, verifier, problem: None }) })
    }

    /// The verifier by the files as they are, and why it is still the one of before.
    fn current(&self) -> (Arc<WebPkiServerVerifier>, Option<TrustError>) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let fingerprint = self.named.fingerprint();
        if fingerprint != read.fingerprint {
            read.fingerprint = fingerprint;
            match verifier(&self.named, &self.provider) {
                Ok(verifier) => (read.verifier, read.problem) = (verifier, None),
                Err(problem) => read.problem = Some(problem),
            }
        }
        (read.verifier.clone(), read.problem.clone())
    }

    fn last(&self) -> Arc<WebPkiServerVerifier> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).verifier.clone()
    }
}

fn verifier(named: &Named, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, TrustError> {
    let roots = Arc::new(named.roots()?);
    WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build().map_err(library)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn library(error: impl fmt::Display) -> TrustError {
    TrustError::Library(error.to_string())
}

impl ServerCertVerifier for RenewedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (verifier, problem) = self.current();
        let verified =
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match problem {
            Some(problem) => Error::General(format!("the renewed certificates cannot be used: {problem}")),
            None => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.last().verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.last().verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.last().supported_verify_schemes()
    }
}
