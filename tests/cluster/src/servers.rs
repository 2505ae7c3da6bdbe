//! The command lines of etcd and kube-apiserver.

use std::{fs, io, net::TcpListener, path::Path, process::Command};

use crate::{Error, pki::Pki};

/// Every request by its metadata: who, which verb, which resource. A watch shows up when it starts, not
/// only when it ends.
const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
";
const AUDIT_POLICY_FILE: &str = "audit-policy.yaml";

/// Ports of loopback.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) api_server: u16,
    pub(crate) etcd_clients: u16,
    pub(crate) etcd_peers: u16,
}

impl Ports {
    /// Three ports that were free a moment ago. All are held until all are known, so they differ.
    pub(crate) fn free() -> io::Result<Self> {
        let bind = || TcpListener::bind("127.0.0.1:0");
        let (first, second, third) = (bind()?, bind()?, bind()?);
        let port = |listener: &TcpListener| listener.local_addr().map(|address| address.port());
        Ok(Self { api_server: port(&first)?, etcd_clients: port(&second)?, etcd_peers: port(&third)? })
    }

    /// The address of the API server.
    pub(crate) fn url(self) -> String {
        format!("https://127.0.0.1:{}", self.api_server)
    }
}

/// What [`kube_apiserver`] with an audit log needs in its folder.
pub(crate) fn write_audit_policy(folder: &Path) -> Result<(), Error> {
    fs::write(folder.join(AUDIT_POLICY_FILE), AUDIT_POLICY).map_err(Error::io("write the audit policy"))
}

/// etcd with one member, without the syncs to disk that only matter if the data is to survive the machine.
pub(crate) fn etcd(program: &Path, folder: &Path, ports: Ports) -> Command {
    let clients = format!("http://127.0.0.1:{}", ports.etcd_clients);
    let peers = format!("http://127.0.0.1:{}", ports.etcd_peers);
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .arg("--data-dir")
        .arg(folder.join("etcd"))
        .args(["--listen-client-urls", &clients, "--advertise-client-urls", &clients])
        .args(["--listen-peer-urls", &peers, "--initial-advertise-peer-urls", &peers])
        .args(["--initial-cluster", &format!("default={peers}")])
        // A lone member elects itself after one election timeout, of 1 s by default.
        .args(["--heartbeat-interval", "20", "--election-timeout", "200"])
        .arg("--unsafe-no-fsync");
    command
}

/// kube-apiserver with RBAC. The ServiceAccount admission is off because nothing here makes the account
/// `default`, without which it would refuse every pod; the endpoints of Service `kubernetes` are left alone
/// because nobody reaches a loopback address through them.
pub(crate) fn kube_apiserver(
    program: &Path,
    folder: &Path,
    ports: Ports,
    pki: &Pki,
    audit_log: Option<&Path>,
) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .args(["--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1"])
        .args(["--secure-port", &ports.api_server.to_string()])
        .args(["--etcd-servers", &format!("http://127.0.0.1:{}", ports.etcd_clients)])
        .arg("--tls-cert-file")
        .arg(&pki.server.certificate)
        .arg("--tls-private-key-file")
        .arg(&pki.server.key)
        .arg("--client-ca-file")
        .arg(&pki.authority)
        .args(["--authorization-mode", "RBAC"])
        .args(["--service-account-issuer", "https://kubernetes.default.svc"])
        .arg("--service-account-key-file")
        .arg(&pki.token_public_key)
        .arg("--service-account-signing-key-file")
        .arg(&pki.token_key)
        .args(["--disable-admission-plugins", "ServiceAccount"])
        .args(["--service-cluster-ip-range", "10.0.0.0/24"])
        .args(["--endpoint-reconciler-type", "none"]);
    if let Some(path) = audit_log {
        command
            .arg("--audit-policy-file")
            .arg(folder.join(AUDIT_POLICY_FILE))
            .arg("--audit-log-path")
            .arg(path);
    }
    command
}
