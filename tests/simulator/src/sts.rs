//! STS: keys for a role, asked with keys (`AssumeRole`) or with a token of the cluster
//! (`AssumeRoleWithOIDC`), and whose keys they are (`GetCallerIdentity`). The keys it issues open SAE until they expire.

use std::time::Duration;

use serde_json::{Value, json};

use crate::access::{self, Access, SessionKey};
use crate::clock::{Clock, iso_seconds};
use crate::identity::{Identity, ROLE_ID};
use crate::operation::Operation;
use crate::refusal::{self, Refusal};
use crate::request::{Request, find};
use crate::sign;
use crate::sts_sign;
use crate::world::World;

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

/// The parameters of a call: STS reads the query and the form as one. Signed by the newer rule a call says in headers
/// what it asks, and is answered in JSON.
pub(crate) fn parameters(request: &Request) -> Vec<(String, String)> {
    let mut parameters = request.query.clone();
    parameters.extend(request.form());
    if is_signed_in_headers(request) {
        let named = [("Action", "x-acs-action"), ("Version", "x-acs-version")];
        let named = named.map(|(name, header)| (name, request.header(header).unwrap_or_default()));
        let named = named.into_iter().chain([("Format", "JSON")]);
        parameters.extend(named.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    parameters
}

/// Whether a call is signed as calls of SAE are; the other way is STS's own, older rule.
fn is_signed_in_headers(request: &Request) -> bool {
    request.header("authorization").is_some_and(|header| header.starts_with(sign::ALGORITHM))
}

/// Checks the signature of a call, of either kind; answers whose key it was.
pub(crate) fn check(access: &mut Access, request: &Request, clock: Clock) -> Result<Identity, Refusal> {
    if is_signed_in_headers(request) {
        return access.check(request, clock.now());
    }
    let parameters = parameters(request);
    let parameter = |name| find(&parameters, name).ok_or_else(|| refusal::missing(name));
    for (name, only) in [("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0")] {
        if parameter(name)? != only {
            return Err(refusal::incomplete_signature(format_args!("{name} must be {only}")));
        }
    }
    let (key_id, signature) = (parameter("AccessKeyId")?, parameter("Signature")?);
    let (secret, identity) = access.open(key_id, find(&parameters, "SecurityToken"), clock.now())?;
    let text = sts_sign::string_to_sign(&request.method, &parameters);
    if sts_sign::signature(secret, &text) != signature {
        return Err(refusal::wrong_signature(&text));
    }
    let identity = identity.clone();
    access::check_date(parameter("Timestamp")?, clock.now())?;
    access.take_nonce(parameter("SignatureNonce")?, clock.now())?;
    Ok(identity)
}

/// The answer to a call that was admitted.
pub(crate) fn perform(
    world: &mut World,
    operation: Operation,
    request: &Request,
    caller: &Identity,
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
    if !parameter("Format")?.eq_ignore_ascii_case("JSON") {
        return Err(refusal::invalid_parameter("Format: the simulator answers JSON alone"));
    }
    if operation == Operation::GetCallerIdentity {
        return Ok(caller.describe());
    }
    assume(world, operation, &parameters)
}

/// Keys for a role, in the account that the role is of.
fn assume(
    world: &mut World,
    operation: Operation,
    parameters: &[(String, String)],
) -> Result<Value, Refusal> {
    let parameter = |name| find(parameters, name).ok_or_else(|| refusal::missing(name));
    let role_arn = parameter("RoleArn")?;
    let role = role_arn.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":role/"));
    let (account, role) = role.ok_or_else(|| {
        Refusal::new(400, "InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.")
    })?;
    let session = session_name(parameter("RoleSessionName")?)?;
    let asked = find(parameters, "DurationSeconds").map(lifetime).transpose()?.unwrap_or(DEFAULT_LIFETIME);
    if operation == Operation::AssumeRoleWithOIDC {
        parameter("OIDCProviderArn")?;
        check_token(parameter("OIDCToken")?, &world.trust)?;
    }
    let owner = world.accounts.get(account).ok_or_else(refusal::unknown_role)?;
    owner.require_role(role)?;
    if operation == Operation::AssumeRole {
        owner.require_trust(role, find(parameters, "ExternalId"))?;
    }

    let identity = Identity::assumed_role(account, role, session);
    let arn = identity.arn();
    let lifetime = world.trust.lifetime.unwrap_or(asked);
    let SessionKey { id, secret, token, expires } = world.access.issue(world.clock.now(), lifetime, identity);
    let mut body = json!({
        "AssumedRoleUser": {
            "Arn": arn,
            "AssumedRoleId": format!("{ROLE_ID}:{session}"),
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
