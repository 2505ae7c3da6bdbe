//! The role of an ECS machine, by its metadata service: version 2 with a token, version 1 without.

use std::time::Duration;

use http::Method;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::Keys;
use super::exchange::{Exchange, LOCAL_TIMEOUT, NoKeys};
use super::plan::{Found, Machine, Plan};
use crate::sae::query::encode;
use crate::sae::transport::Outgoing;
use crate::sae::{Answer, Class, Environment, Error};

const ROLE: &str = "ALIBABA_CLOUD_ECS_METADATA";
const DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
const V1_DISABLED: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
const OPERATION: &str = "ECS RAM role";
const TOKEN_PATH: &str = "/latest/api/token";
const ROLE_PATH: &str = "/latest/meta-data/ram/security-credentials/";
/// How long a token of the metadata service is asked for, in seconds: the longest that it gives.
const TOKEN_SECONDS: &str = "21600";
/// How long version 2 may take before version 1 is asked: one second, which the official SDKs give each answer. It
/// leaves half of [`LOCAL_TIMEOUT`] for version 1.
const VERSION_2_TIMEOUT: Duration = Duration::from_secs(1);

/// How long several requests may take together.
#[derive(Debug, Clone, Copy)]
struct Limit {
    length: Duration,
    end: Instant,
}

/// The machine's role, unless the metadata service is switched off. Whether there is one shows when it is asked.
pub(super) fn find(environment: &Environment) -> Found {
    if environment.is_true(DISABLED) {
        return Found::Nothing(format!("{DISABLED} is true"));
    }
    Found::Plan(Plan::EcsRamRole(Machine { role: environment.get(ROLE), allow_v1: allows_v1(environment) }))
}

/// Whether version 1 of the metadata service will do.
pub(super) fn allows_v1(environment: &Environment) -> bool {
    !environment.is_true(V1_DISABLED)
}

impl Exchange {
    /// Keys of the machine's role: by version 2, and by version 1 if that gives none for whatever reason. Inside a
    /// pod the answer with the token may be lost on its second hop, so that version 2 is silent and not refused.
    pub(super) async fn keys_of_machine(&self, machine: &Machine) -> Result<Keys, NoKeys> {
        let whole = Limit::starting_now(LOCAL_TIMEOUT);
        if !machine.allow_v1 {
            let keys = self.keys_by_version_2(machine, whole).await;
            return keys.map_err(version_1_is_off);
        }
        match self.keys_by_version_2(machine, Limit::starting_now(VERSION_2_TIMEOUT)).await {
            Ok(keys) => Ok(keys),
            Err(first) => {
                let keys = self.keys_of_role(machine, None, whole).await;
                keys.map_err(|second| by_neither_version(first, second))
            }
        }
    }

    async fn keys_by_version_2(&self, machine: &Machine, limit: Limit) -> Result<Keys, NoKeys> {
        let token = self.metadata_token(limit).await.map_err(NoKeys::NotThere)?;
        self.keys_of_role(machine, Some(&token), limit).await
    }

    async fn metadata_token(&self, limit: Limit) -> Result<Zeroizing<String>, String> {
        // Servers may refuse a PUT that does not say how long it is; the HTTP client leaves that out.
        let headers = [("content-length", "0"), ("x-aliyun-ecs-metadata-token-ttl-seconds", TOKEN_SECONDS)];
        let answer = self.ask_metadata(Method::PUT, TOKEN_PATH, &headers, limit).await;
        let answer = answer.map_err(|problem| format!("no metadata service: {problem}"))?;
        let token = Zeroizing::new(String::from_utf8_lossy(&answer.body).trim().to_owned());
        if answer.status == 200 && !token.is_empty() {
            Ok(token)
        } else {
            Err(format!("the metadata service gives no token (HTTP {})", answer.status))
        }
    }

    /// Keys of the role, by version 2 with a token and by version 1 without. Until the service has named a role it
    /// may just not be there.
    async fn keys_of_role(
        &self,
        machine: &Machine,
        token: Option<&str>,
        limit: Limit,
    ) -> Result<Keys, NoKeys> {
        let headers: Vec<_> = token.map(|token| ("x-aliyun-ecs-metadata-token", token)).into_iter().collect();
        let role = match &machine.role {
            Some(role) => role.trim().to_owned(),
            None => self.machine_role(&headers, limit).await.map_err(NoKeys::NotThere)?,
        };
        let failed = |problem: String| Error::new(OPERATION, Class::Transient(None), problem);
        let path = format!("{ROLE_PATH}{}", encode(&role));
        let answer = self.ask_metadata(Method::GET, &path, &headers, limit).await;
        let answer = answer.map_err(|problem| NoKeys::Failed(failed(problem)))?;
        let status = answer.status;
        let issued = match status {
            200 => Self::issued(answer, &format!("the RAM role {role} of this machine")),
            404 => Err(format!("the machine has no RAM role {role}")),
            _ => Err("the metadata service gives no keys".to_owned()),
        };
        issued.map_err(|problem| NoKeys::Failed(Error { status: Some(status), ..failed(problem) }))
    }

    async fn machine_role(&self, headers: &[(&'static str, &str)], limit: Limit) -> Result<String, String> {
        let answer = self.ask_metadata(Method::GET, ROLE_PATH, headers, limit).await?;
        let body = String::from_utf8_lossy(&answer.body);
        match (answer.status, body.trim().lines().next()) {
            (200, Some(role)) => Ok(role.trim().to_owned()),
            (200 | 404, _) => Err("the machine has no RAM role".to_owned()),
            (status, _) => Err(format!("the metadata service names no role (HTTP {status})")),
        }
    }

    async fn ask_metadata(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        limit: Limit,
    ) -> Result<Answer, String> {
        let url = format!("{}{path}", self.metadata);
        let answer = self.transport.send(Outgoing {
            method,
            url: &url,
            headers,
            body: None,
            timeout: limit.length,
            direct: true,
        });
        match timeout_at(limit.end, answer).await {
            Ok(answer) => answer.map(|(answer, _)| answer),
            Err(_) => Err(format!("no answer within {:?}", limit.length)),
        }
    }
}

impl Limit {
    fn starting_now(length: Duration) -> Self {
        Self { length, end: Instant::now() + length }
    }
}

fn version_1_is_off(no_keys: NoKeys) -> NoKeys {
    let message = format!("{}; version 1 is not asked: {V1_DISABLED} is true", no_keys.message());
    no_keys.with_message(message)
}

/// Why neither version gave keys. The service is there if either of them found it.
fn by_neither_version(first: NoKeys, second: NoKeys) -> NoKeys {
    let message = match (first.message(), second.message()) {
        (first, second) if first.ends_with(second) => first.to_owned(),
        (first, second) => format!("{first}; version 1: {second}"),
    };
    let found = match (first, second) {
        (NoKeys::NotThere(_), second @ NoKeys::Failed(_)) => second,
        (first, _) => first,
    };
    found.with_message(message)
}
