//! The metadata service of a machine that has a role, and a credentials URI: keys for whoever can reach them.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::access::{Access, SessionKey};
use crate::answer::Answer;
use crate::clock::{Clock, iso_seconds};
use crate::identity::Identity;
use crate::operation::{METADATA_ROLE_PATH, Operation};
use crate::request::Request;
use crate::sign::hex;

/// The role's name unless a test sets another.
const DEFAULT_ROLE: &str = "simulator-role";
/// A token of the metadata service lives at most six hours.
const LONGEST_TOKEN_SECONDS: i64 = 21_600;
/// How long the keys live that are handed out here, unless a test says otherwise.
const DEFAULT_LIFETIME: Duration = Duration::from_hours(6);
/// The name of the machine, which is that of its sessions.
const MACHINE: &str = "i-simulated";
const PLAIN: &str = "text/plain";

/// The simulated machine.
#[derive(Debug)]
pub(crate) struct Machine {
    /// The role it has, if any.
    pub(crate) role: Option<String>,
    /// Whether version 1 of the service, the one without tokens, answers.
    pub(crate) answers_v1: bool,
    /// How long the keys live.
    pub(crate) lifetime: Duration,
    /// The tokens given, and when each ends.
    tokens: HashMap<String, Timestamp>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            role: Some(DEFAULT_ROLE.to_owned()),
            answers_v1: false,
            lifetime: DEFAULT_LIFETIME,
            tokens: HashMap::new(),
        }
    }
}

impl Machine {
    /// Answers the metadata service and the credentials URI.
    pub(crate) fn answer(
        &mut self,
        operation: Operation,
        request: &Request,
        access: &mut Access,
        clock: Clock,
    ) -> Answer {
        let method = if operation == Operation::MetadataToken { "PUT" } else { "GET" };
        if request.method != method {
            return Answer::text(405, PLAIN, "405 - Method Not Allowed");
        }
        match operation {
            Operation::MetadataToken => self.give_token(request, clock.now()),
            Operation::CredentialsUri => self.give_keys(DEFAULT_ROLE, access, clock),
            _ if !self.admits(request, clock.now()) => Answer::text(403, PLAIN, "403 - Forbidden"),
            _ => match (&self.role, request.path.strip_prefix(METADATA_ROLE_PATH)) {
                (Some(role), Some("")) => Answer::text(200, PLAIN, role.clone()),
                (Some(role), Some(asked)) if asked == role => self.give_keys(role, access, clock),
                _ => Answer::text(404, PLAIN, "404 - Not Found"),
            },
        }
    }

    fn give_token(&mut self, request: &Request, now: Timestamp) -> Answer {
        let seconds = request.header("x-aliyun-ecs-metadata-token-ttl-seconds");
        let seconds = seconds.and_then(|seconds| seconds.parse().ok());
        let Some(seconds) = seconds.filter(|seconds| (1..=LONGEST_TOKEN_SECONDS).contains(seconds)) else {
            return Answer::text(400, PLAIN, "400 - Bad Request");
        };
        let token = format!("{}==", hex(&fastrand::u128(..).to_be_bytes()));
        self.tokens.retain(|_, ends| *ends > now);
        self.tokens.insert(token.clone(), now + SignedDuration::from_secs(seconds));
        Answer::text(200, PLAIN, token)
    }

    fn admits(&self, request: &Request, now: Timestamp) -> bool {
        match request.header("x-aliyun-ecs-metadata-token") {
            Some(token) => self.tokens.get(token).is_some_and(|ends| *ends > now),
            None => self.answers_v1,
        }
    }

    fn give_keys(&self, role: &str, access: &mut Access, clock: Clock) -> Answer {
        let identity = Identity::assumed_role(crate::ACCOUNT_ID, role, MACHINE);
        let SessionKey { id, secret, token, expires } = access.issue(clock.now(), self.lifetime, identity);
        let body = json!({
            "Code": "Success",
            "AccessKeyId": id,
            "AccessKeySecret": secret,
            "SecurityToken": token,
            "Expiration": iso_seconds(expires),
            "LastUpdated": iso_seconds(clock.now()),
        });
        Answer::json(200, body)
    }
}
