//! What is wrong with a certificate, in sentences.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// What a failure of TLS is.
pub(super) fn describe(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(problem) => format!("the server's certificate {}", fault(problem)),
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "the server broke off the TLS handshake (handshake_failure): it has no version of TLS, cipher or kind of \
             key in common with us. Keys of certificates may be RSA, P-256, P-384 or Ed25519; P-521 is not supported"
                .to_owned()
        }
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "what answers there does not speak TLS".to_owned()
        }
        other => other.to_string(),
    }
}

/// The rest of a sentence about a certificate.
fn fault(problem: &CertificateError) -> String {
    use CertificateError as E;
    let fault = match problem {
        E::UnknownIssuer => {
            "is signed by an authority that is not trusted, or by itself: name a file of its authority in SSL_CERT_FILE"
        }
        E::Expired | E::ExpiredContext { .. } => "has expired, or this machine's clock is wrong",
        E::NotValidYet | E::NotValidYetContext { .. } => "is not valid yet, or this machine's clock is wrong",
        E::BadEncoding => "cannot be read",
        E::BadSignature => {
            "is not signed by the trusted authority of that name, which may have a new key: name its file in SSL_CERT_FILE"
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "is not one for servers",
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "is signed by a kind of key that is not supported: RSA, P-256, P-384 and Ed25519 are, P-521 is not"
        }
        E::NotValidForNameContext { expected, presented } => return other_name(expected, presented),
        E::Other(other) => return by_webpki(other),
        other => return format!("is refused: {other}"),
    };
    fault.to_owned()
}

fn other_name(expected: &rustls::pki_types::ServerName<'_>, presented: &[String]) -> String {
    let expected = expected.to_str();
    if presented.is_empty() {
        return format!("is not one for {expected}: it has no subjectAltName");
    }
    // How rustls lists them: `DnsName("a.example")`.
    let name = |text: &String| text.split('"').nth(1).map_or_else(|| text.clone(), str::to_owned);
    let presented: Vec<String> = presented.iter().take(3).map(name).collect();
    format!("is not one for {expected}, but for {}", presented.join(", "))
}

/// What rustls passes on from the library below without words of its own.
fn by_webpki(other: &rustls::OtherError) -> String {
    let fault = match other.0.downcast_ref::<webpki::Error>() {
        Some(webpki::Error::CaUsedAsEndEntity) => {
            "is that of an authority (CA:TRUE), often one that signed itself: the server needs one of its own, signed by it"
        }
        Some(webpki::Error::EndEntityUsedAsCa) => {
            "is signed by a certificate that is not one of an authority (CA:TRUE is missing)"
        }
        Some(webpki::Error::UnsupportedCertVersion) => {
            "is of X.509 version 1, which holds no names: version 3 with a subjectAltName is needed"
        }
        Some(webpki::Error::UnsupportedCriticalExtension) => "has a critical extension that is not known",
        Some(webpki::Error::NameConstraintViolation) => "has a name that its authority may not sign",
        Some(webpki::Error::PathLenConstraintViolated) => "has more authorities above it than they allow",
        Some(known) => return format!("is refused: {known}"),
        None => return format!("is refused: {}", other.0),
    };
    fault.to_owned()
}
