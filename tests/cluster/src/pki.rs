//! The certificates and keys of one control plane: its own authority, valid nowhere else.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};

use crate::Error;

/// The group that the API server lets do everything before it asks RBAC.
const ADMIN_GROUP: &str = "system:masters";

/// Paths of the files, all PEM. The folder is private (mode 0700), so the files need no mode of their own.
pub(crate) struct Pki {
    pub(crate) authority: PathBuf,
    pub(crate) server: KeyedCertificate,
    pub(crate) admin: KeyedCertificate,
    /// Signs every token of a ServiceAccount.
    pub(crate) token_key: PathBuf,
    pub(crate) token_public_key: PathBuf,
}

/// A certificate and its private key.
pub(crate) struct KeyedCertificate {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Pki {
    /// Makes everything anew and writes it into the folder.
    pub(crate) fn write_into(folder: &Path) -> Result<Self, Error> {
        let authority = authority()?;
        let tokens = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        Ok(Self {
            authority: write(folder, "ca.crt", &authority.pem())?,
            server: issue(folder, "server", &authority, server()?)?,
            admin: issue(folder, "admin", &authority, admin())?,
            token_key: write(folder, "tokens.key", &tokens.serialize_pem())?,
            token_public_key: write(folder, "tokens.pub", &tokens.public_key_pem())?,
        })
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "devcluster");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)?)
}

fn server() -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn admin() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "admin");
    params.distinguished_name.push(DnType::OrganizationName, ADMIN_GROUP);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn issue(
    folder: &Path,
    name: &str,
    authority: &CertifiedIssuer<'static, KeyPair>,
    mut params: CertificateParams,
) -> Result<KeyedCertificate, Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let certificate = params.signed_by(&key, authority)?;
    Ok(KeyedCertificate {
        certificate: write(folder, &format!("{name}.crt"), &certificate.pem())?,
        key: write(folder, &format!("{name}.key"), &key.serialize_pem())?,
    })
}

fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Error> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(Error::io(format!("write {}", path.display())))?;
    Ok(path)
}
