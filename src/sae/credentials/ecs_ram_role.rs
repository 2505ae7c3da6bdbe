//! The role of an ECS machine, told by its metadata service: version 2 with a token, version 1 without.

use http::Method;
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
    /// Keys of the machine's role. Until the service has named a role it may just not be there.
    pub(super) async fn keys_of_machine(&self, machine: &Machine) -> Result<Keys, NoKeys> {
        let token = self.metadata_token(machine.allow_v1).await.map_err(NoKeys::NotThere)?;
        let token = token.as_ref().map(|token| token.as_str());
        let role = match &machine.role {
            Some(role) => role.trim().to_owned(),
            None => self.machine_role(token).await.map_err(NoKeys::NotThere)?,
        };
        let failed = |problem: String| Error::new(OPERATION, Class::Transient(None), problem);
        let path = format!("{ROLE_PATH}{}", encode(&role));
        let answer = self.metadata(&path, token).await.map_err(|problem| NoKeys::Failed(failed(problem)))?;
        let status = answer.status;
        let issued = match status {
            200 => Self::issued(answer, &format!("the RAM role {role} of this machine")),
            404 => Err(format!("the machine has no RAM role {role}")),
            _ => Err("the metadata service gives no keys".to_owned()),
        };
        issued.map_err(|problem| NoKeys::Failed(Error { status: Some(status), ..failed(problem) }))
    }

    /// The token of version 2; none where only version 1 is there and that will do.
    async fn metadata_token(&self, allow_v1: bool) -> Result<Option<Zeroizing<String>>, String> {
        let answer = self
            .transport
            .send(Outgoing {
                method: Method::PUT,
                url: &format!("{}{TOKEN_PATH}", self.metadata),
                // Servers may refuse a PUT that does not say how long it is; the HTTP client leaves that out.
                headers: &[
                    ("content-length", "0"),
                    ("x-aliyun-ecs-metadata-token-ttl-seconds", TOKEN_SECONDS),
                ],
                body: None,
                timeout: LOCAL_TIMEOUT,
                direct: true,
            })
            .await;
        match answer {
            Ok((answer, _)) if answer.status == 200 => {
                Ok(Some(Zeroizing::new(String::from_utf8_lossy(&answer.body).trim().to_owned())))
            }
            Ok(_) if allow_v1 => Ok(None),
            Ok((answer, _)) => Err(format!(
                "the metadata service gives no token (HTTP {}), and {V1_DISABLED} is true",
                answer.status
            )),
            Err(problem) => Err(format!("no metadata service: {problem}")),
        }
    }

    async fn machine_role(&self, token: Option<&str>) -> Result<String, String> {
        let answer = self.metadata(ROLE_PATH, token).await?;
        let body = String::from_utf8_lossy(&answer.body);
        match (answer.status, body.trim().lines().next()) {
            (200, Some(role)) => Ok(role.trim().to_owned()),
            (200 | 404, _) => Err("the machine has no RAM role".to_owned()),
            (status, _) => Err(format!("the metadata service names no role (HTTP {status})")),
        }
    }

    async fn metadata(&self, path: &str, token: Option<&str>) -> Result<Answer, String> {
        let headers: Vec<_> = token.map(|token| ("x-aliyun-ecs-metadata-token", token)).into_iter().collect();
        let answer = self
            .transport
            .send(Outgoing {
                method: Method::GET,
                url: &format!("{}{path}", self.metadata),
                headers: &headers,
                body: None,
                timeout: LOCAL_TIMEOUT,
                direct: true,
            })
            .await?;
        Ok(answer.0)
    }
}
