//! One answer of SAE, from HTTP to the envelope: what it is, or why it is none.
//!
//! Pure. The code decides before the HTTP status does, since SAE's throttle is an HTTP 400 and a refusal may
//! come with HTTP 200 (contract §6).

use std::fmt;
use std::time::Duration;

use bytestring::ByteString;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::codes::{Meaning, meaning};
use super::lenient::{Field, Flag, Integer, Lenient, Text, object};
use super::text::{is_word, said};
use super::{Class, Error, Operation};

/// What came back for one request.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How long to wait before the next call, if the headers say so.
    pub retry_after: Option<Duration>,
    /// The request id of the headers.
    pub request_id: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A good answer: its data, and what stands beside them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound(deserialize = "D: Lenient<'de>"))]
pub(super) struct Envelope<'a, D> {
    #[serde(default)]
    success: Flag,
    #[serde(default, borrow)]
    pub(super) request_id: Text<'a>,
    /// Where ListApplications counts what it lists.
    pub(super) total_size: Option<Integer>,
    pub(super) data: Option<Field<D>>,
}

/// What an answer says beside its data.
struct Words {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    missing_action: Option<String>,
}

impl Answer {
    /// The body as text, taken out so that what is read of it can share it.
    pub(super) fn text(&mut self, operation: Operation) -> Result<ByteString, Error> {
        let body = std::mem::take(&mut self.body);
        ByteString::try_from(body).map_err(|_| self.without_words(operation.name(), false))
    }

    /// The envelope of a good answer with this body: a JSON object that says it is a success.
    pub(super) fn envelope<'a, D: Lenient<'a>>(
        &self,
        operation: Operation,
        body: &'a str,
    ) -> Result<Envelope<'a, D>, Error> {
        let operation = operation.name();
        let Some(envelope) = object::<Envelope<'a, D>>(body) else {
            return Err(self.without_words(operation, body.is_empty()));
        };
        let (succeeded, success) = (self.succeeded(), envelope.success.0);
        if succeeded && success == Some(true) {
            return Ok(envelope);
        }
        let words = Words::new(&serde_json::from_str(body).unwrap_or_default(), succeeded);
        let is_200 = words.code.as_deref() == Some("200");
        let means_nothing = words.code.as_deref().is_none_or(|code| meaning(code).is_none());
        match (succeeded, success) {
            (true, None) if is_200 => Ok(envelope),
            (true, None) if means_nothing => {
                let mut error = self.malformed(operation, "the answer has no Success");
                error.request_id = words.request_id.or(error.request_id);
                Err(error)
            }
            _ => Err(self.refusal(operation, words)),
        }
    }

    /// The error of an answer that is none because of its HTTP status.
    pub(super) fn refused(&self, operation: &'static str) -> Error {
        match serde_json::from_slice(&self.body) {
            Ok(envelope) => self.refusal(operation, Words::new(&envelope, false)),
            Err(_) => self.without_words(operation, self.body.is_empty()),
        }
    }

    fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// An answer that cannot be read.
    pub(super) fn malformed(&self, operation: &'static str, message: &str) -> Error {
        Error {
            status: Some(self.status),
            request_id: self.request_id.clone(),
            ..Error::new(operation, Class::Malformed, message)
        }
    }

    /// The error for a body that is no JSON object: a page of a proxy or a gateway, or a broken answer.
    fn without_words(&self, operation: &'static str, is_empty: bool) -> Error {
        let message = match (self.status, is_empty) {
            (300..400, _) => "redirected, and redirects are not followed",
            (_, true) => "the answer is empty",
            (_, false) => "the answer is not the JSON object that SAE documents",
        };
        let mut error = self.malformed(operation, message);
        if !self.succeeded() {
            error.class = by_status(self.status, self.retry_after);
        }
        if error.class == Class::Denied {
            error.advice = Some(denied(operation, None));
        }
        error
    }

    /// The error for an answer that says no.
    fn refusal(&self, operation: &'static str, words: Words) -> Error {
        let meaning = words.code.as_deref().and_then(meaning);
        let class = match meaning {
            Some(meaning) => by_meaning(meaning, self.status, self.retry_after),
            None => by_status(self.status, self.retry_after),
        };
        let request_id = words.request_id.or_else(|| self.request_id.clone());
        let message = words.message.as_deref().map(|message| said(message, request_id.as_deref()));
        Error {
            operation,
            code: words.code,
            status: Some(self.status),
            request_id,
            class,
            message: message.filter(|text| !text.is_empty()).unwrap_or_else(|| "refused".to_owned()),
            advice: advice(class, operation, words.missing_action.as_deref()),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, retry_after, request_id, body } = self;
        f.debug_struct("Answer")
            .field("status", status)
            .field("retry_after", retry_after)
            .field("request_id", request_id)
            // The answers of STS are keys.
            .field("body", &format_args!("{} bytes", body.len()))
            .finish()
    }
}

impl Words {
    /// Errors of the gateway come with lower-case keys too; good answers are read as documented.
    fn new(envelope: &Map<String, Value>, succeeded: bool) -> Self {
        let get = |name: &str, lower: &str| {
            let other = if succeeded { None } else { envelope.get(lower) };
            text(envelope.get(name)).or_else(|| text(other))
        };
        let error_code = text(envelope.get("ErrorCode")).filter(|code| is_code(code));
        let code = error_code.or_else(|| get("Code", "code"));
        let message = get("Message", "message");
        // GetAvailabilityMetric documents the HTTP status as its Code and the error code as its Message.
        let in_message = message.clone().filter(|text| meaning(text).is_some());
        let code = code.filter(|code| is_code(code) || in_message.is_none()).or(in_message);
        let detail = envelope.get("AccessDeniedDetail").or_else(|| envelope.get("accessDeniedDetail"));
        Self {
            code: code.filter(|code| is_word(code)),
            message,
            request_id: get("RequestId", "requestId"),
            missing_action: text(detail.and_then(|detail| detail.get("AuthAction")))
                .filter(|action| is_word(action)),
        }
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    Text::deserialize(value?).ok()?.said().map(str::to_owned)
}

/// Whether an ErrorCode says anything: good answers hold numbers and `success` there.
fn is_code(code: &str) -> bool {
    code.parse::<f64>().is_err() && !code.eq_ignore_ascii_case("success")
}

fn by_meaning(meaning: Meaning, status: u16, retry_after: Option<Duration>) -> Class {
    match meaning {
        Meaning::Throttled => Class::Throttled(retry_after),
        Meaning::Passing if status == 429 => Class::Throttled(retry_after),
        Meaning::Passing => Class::Transient(retry_after),
        Meaning::NonceUsed => Class::SignAnew,
        Meaning::NotFound => Class::NotFound,
        Meaning::Invalid => Class::Invalid,
        Meaning::WrongClock | Meaning::TokenRejected | Meaning::KeyRejected => Class::CredentialsRejected,
        Meaning::Denied => Class::Denied,
        Meaning::Blocked => Class::Blocked,
    }
}

fn by_status(status: u16, retry_after: Option<Duration>) -> Class {
    match status {
        429 => Class::Throttled(retry_after),
        403 => Class::Denied,
        _ => Class::Transient(retry_after),
    }
}

fn advice(class: Class, operation: &'static str, missing_action: Option<&str>) -> Option<String> {
    match class {
        Class::Throttled(_) | Class::Transient(_) | Class::SignAnew | Class::Malformed => None,
        Class::NotFound => Some("check the application id and the region".to_owned()),
        Class::GroupNotFound => Some("check the group ids".to_owned()),
        Class::Invalid => Some("correct the value that SAE calls wrong".to_owned()),
        Class::CredentialsRejected => Some("check the AccessKey".to_owned()),
        Class::CredentialsMissing => Some("configure credentials".to_owned()),
        Class::AccountMismatch => Some("check whose keys these are".to_owned()),
        Class::Denied => Some(denied(operation, missing_action)),
        Class::Blocked => {
            Some("check the account's balance and restrictions in the Alibaba Cloud console".to_owned())
        }
    }
}

fn denied(operation: &str, missing_action: Option<&str>) -> String {
    match missing_action {
        Some(action) => format!("grant {action} to the RAM user or role"),
        None => format!("grant sae:{operation} to the RAM user or role"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(status: u16, body: &Value) -> Error {
        let answer = Answer { status, body: body.to_string().into_bytes(), ..Answer::default() };
        answer.instances("group-1").unwrap_err()
    }

    fn kind(status: u16, code: &str) -> &'static str {
        error(status, &json!({"Code": code, "Message": "m", "RequestId": "R"})).class.kind()
    }

    #[test]
    fn every_documented_code_of_sae_has_its_class() {
        for (status, code, expected) in [
            (404, "InvalidAppId.NotFound", "not_found"),
            (400, "InvalidApplication.NotFound", "not_found"),
            (404, "InvalidNamespaceId.NotFound", "invalid"),
            (404, "InvalidVpcId.NotFound", "transient"),
            (400, "InvalidChangeOrder.NotFound", "transient"),
            (400, "InvalidComponent.NotFound", "transient"),
            (400, "InvalidPackageType.NotFound", "transient"),
            (400, "NoAvailableCluster.NotFound", "transient"),
            (400, "InvalidParameter.NotEmpty", "invalid"),
            (400, "InvalidParameter.Obviously", "invalid"),
            (400, "InvalidParam.ProtocolNotSupport", "invalid"),
            (400, "InvalidParameter.WithMessage", "invalid"),
            (400, "InvalidServerlessRegion.Unsupported", "invalid"),
            (400, "Application.InvalidStatus", "transient"),
            (404, "InvalidResponse.Api", "transient"),
            (400, "Application.ChangerOrderRunning", "transient"),
        ] {
            assert_eq!(kind(status, code), expected, "{code}");
        }
    }

    #[test]
    fn every_documented_code_of_the_gateway_has_its_class() {
        for (status, code, expected) in [
            (400, "Throttling", "throttled"),
            (400, "Throttling.User", "throttled"),
            (400, "Throttling.Api", "throttled"),
            (503, "ServiceUnavailable", "transient"),
            (500, "InternalError", "transient"),
            (403, "Forbidden.RAM", "denied"),
            (403, "NoPermission", "denied"),
            (403, "Forbidden", "denied"),
            (403, "Forbidden.RiskControl", "blocked"),
            (400, "InsufficientBalance", "blocked"),
            (404, "InvalidAccessKeyId.NotFound", "credentials_rejected"),
            (400, "InvalidAccessKeyId.NotFound", "credentials_rejected"),
            (400, "InvalidAccessKeyId.Inactive", "credentials_rejected"),
            (400, "SignatureDoesNotMatch", "credentials_rejected"),
            (403, "SignatureDoesNotMatch", "credentials_rejected"),
            (400, "IncompleteSignature", "credentials_rejected"),
            (400, "InvalidTimeStamp.Format", "credentials_rejected"),
            (400, "InvalidTimeStamp.Expired", "credentials_rejected"),
            (400, "SignatureNonceUsed", "sign_anew"),
            (400, "InvalidSecurityToken.Expired", "credentials_rejected"),
            (403, "InvalidSecurityToken.Malformed", "credentials_rejected"),
            (400, "MissingSecurityToken", "credentials_rejected"),
            (404, "InvalidApi.NotFound", "transient"),
            (404, "InvalidProduct.NotFound", "transient"),
            (400, "InvalidProtocol.NeedSsl", "transient"),
            (400, "MissingAppId", "invalid"),
            (400, "InvalidParameter.Format", "invalid"),
            (403, "UnsupportedHTTPMethod", "denied"),
        ] {
            assert_eq!(kind(status, code), expected, "{code} with HTTP {status}");
        }
    }

    #[test]
    fn the_code_decides_before_the_http_status_does() {
        assert_eq!(kind(200, "Throttling.User"), "throttled", "also without Success");
        assert_eq!(kind(429, "SomethingElse"), "throttled");
        assert_eq!(kind(403, "SomethingElse"), "denied");
        assert_eq!(kind(403, "ServiceUnavailable"), "transient");
        assert_eq!(kind(429, "ServiceUnavailable"), "throttled");
        assert_eq!(kind(500, "SomethingElse"), "transient");
    }

    #[test]
    fn error_code_is_the_code_unless_it_says_nothing() {
        let code = |error_code: Value, code: Value| {
            error(200, &json!({"Success": false, "ErrorCode": error_code, "Code": code})).code
        };
        let real = Some("InvalidAppId.NotFound".to_owned());
        assert_eq!(code(json!("InvalidAppId.NotFound"), json!("404")), real);
        for nothing in [json!(""), json!("空"), json!("success"), json!("404"), json!(404), json!(null)] {
            assert_eq!(code(nothing.clone(), json!("InvalidAppId.NotFound")), real, "{nothing}");
        }
    }

    #[test]
    fn a_message_that_is_a_code_is_the_code_where_there_is_no_other() {
        let error = |body| error(200, &body);
        let denied = error(json!({"Success": false, "Code": "403", "Message": "NoPermission"}));
        assert_eq!((denied.code.as_deref(), denied.class.kind()), (Some("NoPermission"), "denied"));
        let unknown = error(json!({"Success": false, "Code": "500", "Message": "something"}));
        assert_eq!((unknown.code.as_deref(), unknown.class.kind()), (Some("500"), "transient"));
    }

    #[test]
    fn a_denial_names_the_missing_action() {
        let denied = error(
            403,
            &json!({
                "Code": "NoPermission", "Message": "You are not authorized",
                "AccessDeniedDetail": {"AuthAction": "sae:Other", "EncodedDiagnosticMessage": "moves"},
            }),
        );
        assert!(denied.to_string().contains("grant sae:Other to the RAM user or role"), "{denied}");
        assert!(!denied.to_string().contains("moves"), "{denied}");
        let silent = error(403, &json!({"Code": "Forbidden.RAM"}));
        assert!(silent.to_string().contains("grant sae:DescribeApplicationInstances"), "{silent}");
    }

    #[test]
    fn an_answer_in_no_words_keeps_its_http_status() {
        for (status, body, class) in [
            (502, "<html>", "transient"),
            (504, "", "transient"),
            (403, "<html>", "denied"),
            (429, "", "throttled"),
            (200, "<html>", "malformed"),
            (200, "", "malformed"),
        ] {
            let answer = Answer { status, body: body.into(), ..Answer::default() };
            let error = answer.applications().unwrap_err();
            assert_eq!(error.class.kind(), class, "{status} {body:?}");
            assert!(error.to_string().contains(&format!("HTTP {status}")), "{error}");
            assert!(!error.to_string().contains("<html>"), "{error}");
        }
    }
}
