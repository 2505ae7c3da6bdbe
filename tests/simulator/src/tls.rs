//! HTTPS with an authority of its own, made anew for every simulator.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

/// An acceptor for the names of loopback and the address listened on, and the certificate to trust.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// The authority's certificate, PEM.
    pub(crate) ca_pem: String,
}

impl Tls {
    #[expect(clippy::expect_used, reason = "every input is fixed here: what works once works always")]
    pub(crate) fn new(address: IpAddr) -> Self {
        let ca_key = KeyPair::generate().expect("a key can be made");
        let ca = authority();
        let ca_pem = ca.self_signed(&ca_key).expect("an authority signs itself").pem();
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate().expect("a key can be made");
        // Behind a proxy it can stand for the real one.
        let mut names =
            ["localhost", "127.0.0.1", "::1", "sae.cn-hangzhou.aliyuncs.com"].map(str::to_owned).to_vec();
        names.push(address.to_string());
        let mut leaf = CertificateParams::new(names).expect("the names are well formed");
        leaf.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        let certificate = leaf.signed_by(&key, &issuer).expect("the authority signs");

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows the default versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .expect("the key fits the certificate");
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem }
    }
}

fn authority() -> CertificateParams {
    let mut ca = CertificateParams::default();
    ca.distinguished_name.push(DnType::CommonName, "sae-simulator");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    ca
}
