//! Why a call is refused: the code, the HTTP status and the words that the gateway is documented to use.
//! Every code that the simulator can answer by itself stands here and nowhere else.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::identity::Identity;
use crate::operation::Operation;

/// An error answer of the gateway: HTTP status of 400 and above, with the body that all Alibaba Cloud APIs share.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) headers: Vec<(String, String)>,
    /// `AccessDeniedDetail` of a RAM denial.
    pub(crate) access_denied: Option<Value>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), headers: Vec::new(), access_denied: None }
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn into_answer(self, request_id: &str, host: &str) -> Answer {
        let mut answer = Answer::json(self.status, self.body(request_id, host));
        answer.headers = self.headers;
        answer
    }

    /// The body of the answer.
    pub(crate) fn body(&self, request_id: &str, host: &str) -> Value {
        let mut body = json!({
            "RequestId": request_id,
            "HostId": host,
            "Code": self.code,
            "Message": self.message,
            "Recommend": format!(
                "https://next.api.aliyun.com/troubleshoot?q={}&product=sae&requestId={request_id}",
                self.code
            ),
        });
        if let Some(detail) = &self.access_denied {
            body["AccessDeniedDetail"] = detail.clone();
        }
        body
    }
}

// Routing.

pub(crate) fn unknown_api() -> Refusal {
    Refusal::new(404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method.")
}

pub(crate) fn wrong_method() -> Refusal {
    Refusal::new(400, "UnsupportedHTTPMethod", "This http method is not supported.")
}

pub(crate) fn wrong_version(given: &str) -> Refusal {
    Refusal::new(400, "InvalidVersion", format!("Specified parameter Version is not valid: {given}."))
}

// Parameters.

pub(crate) fn missing(parameter: &str) -> Refusal {
    Refusal::new(400, format!("Missing{parameter}"), format!("{parameter} is mandatory for this action."))
}

pub(crate) fn invalid_parameter(message: impl std::fmt::Display) -> Refusal {
    Refusal::new(
        400,
        "InvalidParameter.WithMessage",
        format!("The specified parameter is invalid {{{message}}}."),
    )
}

pub(crate) fn unknown_application() -> Refusal {
    Refusal::new(404, "InvalidAppId.NotFound", "The current application does not exist.")
}

pub(crate) fn unknown_namespace() -> Refusal {
    Refusal::new(404, "InvalidNamespaceId.NotFound", "The specified NamespaceId does not exist.")
}

pub(crate) fn unknown_change_order() -> Refusal {
    Refusal::new(400, "InvalidChangeOrder.NotFound", "The specified change order does not exist.")
}

// Identity.

pub(crate) fn incomplete_signature(what: impl std::fmt::Display) -> Refusal {
    Refusal::new(
        400,
        "IncompleteSignature",
        format!("The request signature does not conform to Aliyun standards: {what}."),
    )
}

pub(crate) fn unknown_key() -> Refusal {
    Refusal::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
}

pub(crate) fn inactive_key() -> Refusal {
    Refusal::new(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
}

/// The real message holds the server's string-to-sign too; it is what makes a wrong signer findable.
pub(crate) fn wrong_signature(string_to_sign: &str) -> Refusal {
    Refusal::new(
        400,
        "SignatureDoesNotMatch",
        format!(
            "Specified signature is not matched with our calculation. server string to sign is:{string_to_sign}"
        ),
    )
}

pub(crate) fn missing_token() -> Refusal {
    Refusal::new(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
}

pub(crate) fn expired_token() -> Refusal {
    Refusal::new(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
}

pub(crate) fn malformed_token() -> Refusal {
    Refusal::new(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
}

pub(crate) fn foreign_token() -> Refusal {
    Refusal::new(
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
        "Specified SecurityToken mismatch with the AccessKey.",
    )
}

pub(crate) fn malformed_time() -> Refusal {
    Refusal::new(400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
}

pub(crate) fn expired_time() -> Refusal {
    Refusal::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
}

pub(crate) fn used_nonce() -> Refusal {
    Refusal::new(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
}

// Permission and flow control.

/// A RAM denial; `code` is `Forbidden.RAM` or `NoPermission`.
pub(crate) fn denied(code: &str, operation: Operation, caller: &Identity) -> Refusal {
    Refusal {
        access_denied: Some(json!({
            "AuthAction": operation.action(),
            "AuthPrincipalDisplayName": caller.display_name(),
            "AuthPrincipalOwnerId": caller.account,
            "AuthPrincipalType": "SubUser",
            "NoPermissionType": "ImplicitDeny",
            "PolicyType": "AccountLevelIdentityBasedPolicy",
            "EncodedDiagnosticMessage": "c2ltdWxhdGVk",
        })),
        ..Refusal::new(
            403,
            code,
            "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
        )
    }
}

/// A role that its account does not have.
pub(crate) fn unknown_role() -> Refusal {
    Refusal::new(404, "EntityNotExist.Role", "The role not exists.")
}

/// A role whose trust policy does not accept the caller.
pub(crate) fn untrusted() -> Refusal {
    Refusal::new(
        403,
        "NoPermission",
        "You are not authorized to do this action. You should be authorized by RAM.",
    )
}

pub(crate) fn throttled() -> Refusal {
    Refusal::new(400, "Throttling.User", "Request was denied due to user flow control.")
}
