//! Kubeconfig files, as JSON: every reader of YAML reads it, and quoting cannot go wrong.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use serde_json::json;

use crate::{Error, pki::Pki};

/// Who a kubeconfig speaks as.
pub(crate) enum User<'a> {
    /// Whoever holds the admin's client certificate.
    Admin,
    /// Whoever the token speaks of.
    Token(&'a str),
}

/// Writes a kubeconfig with one context. The folder is made if need be, an older file replaced.
pub(crate) fn write(
    path: &Path,
    server: &str,
    pki: &Pki,
    namespace: &str,
    user: &User<'_>,
) -> Result<(), Error> {
    let user = match user {
        User::Admin => json!({ "client-certificate": pki.admin.certificate, "client-key": pki.admin.key }),
        User::Token(token) => json!({ "token": token }),
    };
    let kubeconfig = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": "devcluster",
            "cluster": { "server": server, "certificate-authority": pki.authority },
        }],
        "users": [{ "name": "user", "user": user }],
        "contexts": [{
            "name": "devcluster",
            "context": { "cluster": "devcluster", "user": "user", "namespace": namespace },
        }],
        "current-context": "devcluster",
    });
    create_private(path)
        .and_then(|mut file| writeln!(file, "{kubeconfig:#}"))
        .map_err(Error::io(format!("write {}", path.display())))
}

/// helm warns on every call of a kubeconfig that others could read.
fn create_private(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}
