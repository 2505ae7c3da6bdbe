//! STS: keys for a role, and whose keys they are. AssumeRole and GetCallerIdentity are signed with keys, AssumeRoleWithOIDC
//! carries its proof in itself.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use jiff::Timestamp;
use ring::hmac;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Keys;
use super::exchange::{Exchange, Issued, NOT_ISSUED};
use super::plan::Role;
use crate::api::RegionId;
use crate::sae::clock::iso8601;
use crate::sae::codes::Meaning;
use crate::sae::endpoint::{Origin, origin};
use crate::sae::query::{Query, encode};
use crate::sae::transport::Outgoing;
use crate::sae::{Answer, Class, Environment, Error};

/// The operation of RRSA.
pub(super) const OIDC_OPERATION: &str = "AssumeRoleWithOIDC";
/// The operation, for which no RAM permission is needed.
pub(super) const CALLER_OPERATION: &str = "GetCallerIdentity";
const ROLE_OPERATION: &str = "AssumeRole";
/// The version of STS's API.
const API_VERSION: &str = "2015-04-01";
/// How long STS may take; the official SDKs give it 5 s to connect and 10 s to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A call of STS.
pub(super) struct StsCall<'a> {
    pub operation: &'static str,
    /// Which STS is asked; the global one if absent.
    pub region: Option<&'a RegionId>,
    /// Whether it is asked inside the VPC, which needs a region.
    pub vpc: bool,
    /// The keys to sign with, if the operation is signed.
    pub source: Option<&'a Keys>,
    pub form: &'a [(&'a str, &'a str)],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Assumed {
    credentials: Issued,
}

/// The region whose STS is asked: `ALIBABA_CLOUD_STS_REGION`, the one variable the official SDKs read for it.
pub(super) fn region(environment: &Environment) -> Result<Option<RegionId>, String> {
    const REGION: &str = "ALIBABA_CLOUD_STS_REGION";
    match environment.get(REGION) {
        Some(region) => parse_region(&region).map(Some).map_err(|problem| format!("{REGION}: {problem}")),
        None => Ok(None),
    }
}

pub(super) fn parse_region(text: &str) -> Result<RegionId, String> {
    text.trim().parse::<RegionId>().map_err(|error| error.to_string())
}

/// Whether STS is asked inside the VPC.
pub(super) fn in_vpc(environment: &Environment) -> bool {
    environment.is_true("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED")
}

impl Exchange {
    /// Keys for a role, asked with other keys.
    pub(super) async fn assume_role(&self, source: &Keys, role: &Role) -> Result<Keys, Error> {
        let seconds = role.seconds.to_string();
        let form = [
            ("RoleArn", role.arn.as_str()),
            ("RoleSessionName", &role.session),
            ("DurationSeconds", &seconds),
        ];
        let policy = role.policy.as_deref().map(|policy| ("Policy", policy));
        let external_id = role.external_id.as_deref().map(|id| ("ExternalId", id));
        let form: Vec<_> = form.into_iter().chain(policy).chain(external_id).collect();
        self.ask_for_keys(ROLE_OPERATION, role, Some(source), &form).await
    }

    /// Keys for a role, by one of the operations that give them.
    pub(super) async fn ask_for_keys(
        &self,
        operation: &'static str,
        role: &Role,
        source: Option<&Keys>,
        form: &[(&str, &str)],
    ) -> Result<Keys, Error> {
        let call = StsCall { operation, region: role.region.as_ref(), vpc: role.vpc, source, form };
        let body = self.ask_sts(&call).await?;
        let malformed = |problem: String| Error::new(operation, Class::Malformed, problem);
        let Assumed { credentials } =
            serde_json::from_slice(&body).map_err(|_| malformed(NOT_ISSUED.to_owned()))?;
        credentials.keys(&format!("the role {}", role.arn)).map_err(malformed)
    }

    /// Asks, and once more if it was the clock that STS refused and its answer put that right.
    pub(super) async fn ask_sts(&self, call: &StsCall<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let sign_anew = |error: &Error| error.class == Class::SignAnew;
        let answered = match self.ask_sts_once(call).await {
            Err(error) if sign_anew(&error) => self.ask_sts_once(call).await,
            answered => answered,
        };
        answered.map_err(|error| {
            if sign_anew(&error) { Error { class: Class::Transient(None), ..error } } else { error }
        })
    }

    async fn ask_sts_once(&self, call: &StsCall<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let StsCall { operation, region, vpc, source, form } = *call;
        let failed = |class, problem: String| Error::new(operation, class, problem);
        let origin =
            self.sts_origin(region, vpc).map_err(|problem| failed(Class::CredentialsMissing, problem))?;
        let signed = self.clock.now();
        let query = self.query(operation, source, form, signed);
        let (answer, headers) = self
            .transport
            .send(Outgoing {
                method: Method::POST,
                url: &format!("{}/?{}", origin.base, query.as_str()),
                headers: &[("content-type", "application/x-www-form-urlencoded")],
                body: Some(Query::new(form.iter().copied()).as_str().to_owned()),
                timeout: TIMEOUT,
                direct: origin.is_loopback,
            })
            .await
            .map_err(|problem| failed(Class::Transient(None), problem))?;
        if answer.status != 200 {
            let error = refused(&answer, operation);
            let is_clock = error.meaning() == Some(Meaning::WrongClock);
            let is_corrected = is_clock && self.clock.correct_by(&headers, signed);
            return Err(if is_corrected { Error { class: Class::SignAnew, ..error } } else { error });
        }
        Ok(Zeroizing::new(answer.body))
    }

    /// The query of a call: signed by STS's own, older rule if there are keys to sign it with.
    fn query(
        &self,
        operation: &str,
        source: Option<&Keys>,
        form: &[(&str, &str)],
        signed: Timestamp,
    ) -> Query {
        let time = iso8601(signed);
        let common =
            [("Action", operation), ("Format", "JSON"), ("Version", API_VERSION), ("Timestamp", &time)];
        let Some(keys) = source else { return Query::new(common) };
        let nonce = self.nonces.next();
        let signer = [
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", &nonce),
            ("AccessKeyId", keys.id()),
        ];
        let token = keys.token().map(|token| ("SecurityToken", token));
        let query: Vec<_> = common.into_iter().chain(signer).chain(token).collect();
        let signed = Query::new(query.iter().chain(form).copied());
        let signature = signature(keys.secret(), &signed);
        Query::new(query.into_iter().chain([("Signature", signature.as_str())]))
    }

    /// Where STS is asked: where the flag says, else as the official SDKs choose.
    fn sts_origin(&self, region: Option<&RegionId>, vpc: bool) -> Result<Origin, String> {
        match (&self.sts, region) {
            (Some(endpoint), Some(region)) => Ok(endpoint.in_region(region)),
            (Some(endpoint), None) => endpoint.without_region().map_err(|error| error.to_string()),
            (None, Some(region)) => {
                let vpc = if vpc { "-vpc" } else { "" };
                origin(&format!("https://sts{vpc}.{region}.aliyuncs.com")).map_err(str::to_owned)
            }
            (None, None) => origin("https://sts.aliyuncs.com").map_err(str::to_owned),
        }
    }
}

/// STS's signature: HMAC-SHA1 over all parameters of query and form, under a key that ends in an ampersand.
pub(super) fn signature(secret: &str, signed: &Query) -> String {
    let key = Zeroizing::new(format!("{secret}&"));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    let text = format!("POST&%2F&{}", encode(signed.as_str()));
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

/// An error of STS. Its throttle is not SAE's quota; and a code of HTTP 4xx that neither passes by itself nor is about time
/// or nonce of this one request means that the role or the token will not do.
fn refused(answer: &Answer, operation: &'static str) -> Error {
    let error = answer.refused(operation);
    let is_about_this_request = matches!(
        error.meaning(),
        Some(Meaning::Throttled | Meaning::Passing | Meaning::NonceUsed | Meaning::WrongClock)
    );
    let is_refusal = error.code.is_some() && (400..500).contains(&answer.status) && !error.is_throttle();
    if is_about_this_request || !is_refusal {
        return Error { class: Class::Transient(answer.retry_after), advice: None, ..error };
    }
    let advice = match operation {
        OIDC_OPERATION => "check the role, its trust policy, the OIDC provider and the token",
        CALLER_OPERATION => "check the AccessKey",
        _ => "check the role, its trust policy and the AccessKey that asks for it",
    };
    Error { class: Class::CredentialsRejected, ..error }.advise(advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sae::Settings;
    use crate::sae::transport::Transport;

    /// Where STS is asked for a role, with this flag.
    fn asked(flag: Option<&str>, region: Option<&str>, vpc: bool) -> Result<String, String> {
        let settings = match flag {
            Some(flag) => Settings::new().sts_endpoint(flag.parse().unwrap()),
            None => Settings::new(),
        };
        let transport = Transport::new(&Environment::of([("", ""); 0])).unwrap();
        let region = region.map(|region| region.parse().unwrap());
        Exchange::new(&settings, transport).sts_origin(region.as_ref(), vpc).map(|origin| origin.base)
    }

    #[test]
    fn sts_is_asked_where_the_official_sdks_ask() {
        let asked = |region, vpc| asked(None, region, vpc).unwrap();
        assert_eq!(asked(Some("cn-hangzhou"), true), "https://sts-vpc.cn-hangzhou.aliyuncs.com");
        assert_eq!(asked(Some("cn-hangzhou"), false), "https://sts.cn-hangzhou.aliyuncs.com");
        assert_eq!(asked(None, false), "https://sts.aliyuncs.com");
        assert_eq!(asked(None, true), "https://sts.aliyuncs.com", "the VPC means nothing without a region");
    }

    #[test]
    fn a_flag_is_asked_before_them() {
        let flag = "https://sts-vpc.{region}.aliyuncs.com";
        assert_eq!(
            asked(Some(flag), Some("cn-beijing"), false).unwrap(),
            "https://sts-vpc.cn-beijing.aliyuncs.com"
        );
        let error = asked(Some(flag), None, false).unwrap_err();
        assert!(error.contains("set ALIBABA_CLOUD_STS_REGION"), "{error}");
        let fixed = asked(Some("https://sts.example.com"), None, true);
        assert_eq!(fixed.unwrap(), "https://sts.example.com");
    }

    #[test]
    fn a_region_and_the_vpc_come_from_the_environment() {
        let environment = Environment::of([
            ("ALIBABA_CLOUD_STS_REGION", "cn-beijing"),
            ("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "True"),
        ]);
        assert_eq!(region(&environment).unwrap().unwrap().as_str(), "cn-beijing");
        assert!(in_vpc(&environment));
        let error =
            region(&Environment::of([("ALIBABA_CLOUD_STS_REGION", "evil.example.com/")])).unwrap_err();
        assert!(error.starts_with("ALIBABA_CLOUD_STS_REGION: "), "{error}");
    }

    #[test]
    fn what_sts_refuses_is_told_apart_from_what_passes() {
        let class = |status: u16, code: &str| {
            let body = format!(r#"{{"Code": "{code}", "Message": "m"}}"#).into_bytes();
            refused(&Answer { status, body, ..Answer::default() }, OIDC_OPERATION).class.kind()
        };
        for (status, code) in [
            (400, "AuthenticationFail.OIDCToken.Expired"),
            (400, "AuthenticationFail.OIDCToken.AudienceNotMatch"),
            (404, "EntityNotExist.Role"),
            (403, "NoPermission"),
            (400, "InvalidParameter.RoleArn"),
            (404, "InvalidAccessKeyId.NotFound"),
        ] {
            assert_eq!(class(status, code), "credentials_rejected", "{code}");
        }
        for (status, code) in [
            (400, "Throttling.User"),
            (503, "ServiceUnavailable"),
            (500, "SomethingElse"),
            (400, "SignatureNonceUsed"),
            (400, "InvalidTimeStamp.Expired"),
            (429, "SomethingElse"),
            (302, "SomethingElse"),
            (403, ""),
        ] {
            assert_eq!(class(status, code), "transient", "{code}");
        }
    }

    #[test]
    fn a_throttle_of_sts_can_be_told_from_other_errors_that_pass() {
        let error = |status: u16, code: &str| {
            let body = format!(r#"{{"Code": "{code}", "Message": "m"}}"#).into_bytes();
            refused(&Answer { status, body, ..Answer::default() }, CALLER_OPERATION)
        };
        assert!(error(400, "Throttling.User").is_throttle());
        assert!(error(429, "SomethingElse").is_throttle());
        assert!(!error(503, "ServiceUnavailable").is_throttle());
    }
}
