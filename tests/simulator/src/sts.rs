//! STS: keys for a role, asked with keys (`AssumeRole`) or with a token of the cluster
//! (`AssumeRoleWithOIDC`). The keys it issues open SAE until they expire.

use std::time::Duration;

use serde_json::{Value, json};

use crate::access::{self, Access, SessionKey};
use crate::clock::{Clock, iso_seconds};
use crate::operation::Operation;
use crate::refusal::{self, Refusal};
use crate::request::{Request, find};
use crate::sts_sign;

/// The version of STS's API; there is no other.
const VERSION: &str = "2015-04-01";
/// What may be asked for: 15 minutes to the 12 hours that a role can be given as its longest session.
const LIFETIME_SECONDS: std::ops::RangeInclusive<u64> = 900..=43_200;
const DEFAULT_LIFETIME: Duration = Duration::from_hours(1);

/// Whom STS trusts and for how long; by default everybody who asks well, for as long as asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    /// How long sessions last, whatever was asked for.
    pub(crate) lifetime: Option<Duration>,
    /// The only identity token that is not expired.
    pub(crate) oidc_token: Option<String>,
}

/// The parameters of a call: STS reads the query and the form as one.
pub(crate) fn parameters(request: &Request) -> Vec<(String, String)> {
    let mut parameters = request.query.clone();
    parameters.extend(request.form());
    parameters
}

/// Checks the signature of `AssumeRole`; answers whose key it was.
pub(crate) fn check(access: &mut Access, request: &Request, clock: Clock) -> Result<String, Refusal> {
    let parameters = parameters(request);
    let parameter = |name| find(&parameters, name).ok_or_else(|| refusal::missing(name));
    for (name, only) in [("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0")] {
        if parameter(name)? != only {
            return Err(refusal::incomplete_signature(format_args!("{name} must be {only}")));
        }
    }
    let (key_id, signature) = (parameter("AccessKeyId")?, parameter("Signature")?);
    let secret = access.secret(key_id, find(&parameters, "SecurityToken"), clock.now())?;
    let text = sts_sign::string_to_sign(&request.method, &parameters);
    if sts_sign::signature(secret, &text) != signature {
        return Err(refusal::wrong_signature(&text));
    }
    access::check_date(parameter("Timestamp")?, clock.now())?;
    access.take_nonce(parameter("SignatureNonce")?, clock.now())?;
    Ok(key_id.to_owned())
}

/// The answer to a call that was admitted.
pub(crate) fn perform(
    operation: Operation,
    request: &Request,
    trust: &Trust,
    access: &mut Access,
    clock: Clock,
) -> Result<Value, Refusal> {
    if request.method != "GET" && request.method != "POST" {
        return Err(refusal::wrong_method());
    }
    let parameters = parameters(request);
    let parameter = |name| find(&parameters, name).ok_or_else(|| refusal::missing(name));
    match parameter("Version")? {
        VERSION => {}
        other => return Err(refusal::wrong_version(other)),
    }
    // Without it STS answers XML, which no client of the simulator wants.
    if parameter("Format")? != "JSON" {
        return Err(refusal::invalid_parameter("Format: the simulator answers JSON alone"));
    }
    let role_arn = parameter("RoleArn")?;
    let role =
        role_arn.split_once(":role/").filter(|_| role_arn.starts_with("acs:ram::")).map(|(_, role)| role);
    let role = role.ok_or_else(|| {
        Refusal::new(400, "InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.")
    })?;
    let session = session_name(parameter("RoleSessionName")?)?;
    let asked = find(&parameters, "DurationSeconds").map(lifetime).transpose()?.unwrap_or(DEFAULT_LIFETIME);
    if operation == Operation::AssumeRoleWithOIDC {
        parameter("OIDCProviderArn")?;
        check_token(parameter("OIDCToken")?, trust)?;
    }

    let key = access.issue(clock.now(), trust.lifetime.unwrap_or(asked));
    let SessionKey { id, secret, token, expires } = key;
    let mut body = json!({
        "AssumedRoleUser": {
            "Arn": format!("acs:ram::{}:assumed-role/{role}/{session}", crate::ACCOUNT_ID),
            "AssumedRoleId": format!("300000000000000001:{session}"),
        },
        "Credentials": {
            "AccessKeyId": id,
            "AccessKeySecret": secret,
            "SecurityToken": token,
            "Expiration": iso_seconds(expires),
        },
    });
    if operation == Operation::AssumeRoleWithOIDC {
        body["OIDCTokenInfo"] = json!({
            "Subject": "system:serviceaccount:saewatch:saewatch",
            "Issuer": "https://oidc-ack-cn-hangzhou.oss-cn-hangzhou.aliyuncs.com/simulated",
            "ClientIds": "sts.aliyuncs.com",
        });
    }
    Ok(body)
}

fn check_token(token: &str, trust: &Trust) -> Result<(), Refusal> {
    match &trust.oidc_token {
        Some(only) if only != token.trim() => {
            Err(Refusal::new(400, "AuthenticationFail.OIDCToken.Expired", "This JWT is expired."))
        }
        _ => Ok(()),
    }
}

/// "2 to 64 characters: letters, digits, periods, at signs, hyphens, underscores."
fn session_name(name: &str) -> Result<&str, Refusal> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || ".@-_".contains(letter);
    if (2..=64).contains(&name.len()) && name.chars().all(allowed) {
        Ok(name)
    } else {
        Err(Refusal::new(
            400,
            "InvalidParameter.RoleSessionName",
            "The parameter RoleSessionName is wrongly formed.",
        ))
    }
}

fn lifetime(seconds: &str) -> Result<Duration, Refusal> {
    let seconds = seconds.parse().ok().filter(|seconds| LIFETIME_SECONDS.contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| {
        Refusal::new(
            400,
            "InvalidParameter.DurationSeconds",
            "The Min/Max value of DurationSeconds is 15min/12hr.",
        )
    })
}
