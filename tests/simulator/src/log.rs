//! What was called: every request but those of the control endpoint, in the order they arrived.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;

use crate::operation::Operation;
use crate::request::{Request, find};
use crate::sign::Authorization;
use crate::sts;

/// Calls kept; the oldest go first, so that a simulator may run for days.
const MOST_CALLS: usize = 100_000;

/// One call.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// What was asked.
    pub operation: Operation,
    /// HTTP method.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query, decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// The fields of a form body.
    pub form: Vec<(String, String)>,
    /// The region that the name of the host says, if it says one.
    pub region: Option<String>,
    /// Whose key it claims to be signed with.
    pub key_id: Option<String>,
    /// The account of that key; absent for a key that nobody has.
    pub account: Option<String>,
    /// The header `User-Agent`.
    pub user_agent: String,
    /// When it arrived, to measure with.
    #[serde(skip)]
    pub at: Instant,
    /// When it arrived, by the clock on the wall of this machine.
    pub wall: Timestamp,
    /// HTTP status of the answer, also of one that a fault then cut.
    pub status: u16,
    /// The code in the answer: "200", or the reason of a refusal.
    pub code: String,
    /// `RequestId` of the answer.
    pub request_id: String,
    /// The fault that struck it.
    pub fault: Option<crate::Effect>,
}

impl Call {
    /// A call that has just arrived.
    pub(crate) fn new(operation: Operation, request: &Request, request_id: &str) -> Self {
        Self {
            operation,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            form: request.form(),
            region: request.region().map(str::to_owned),
            key_id: claimed_key(request),
            account: None,
            user_agent: request.header("user-agent").unwrap_or_default().to_owned(),
            at: Instant::now(),
            wall: Timestamp::now(),
            status: 0,
            code: String::new(),
            request_id: request_id.to_owned(),
            fault: None,
        }
    }

    /// The value of a parameter, of the query or of a form.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().chain(&self.form).find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether it got a good answer.
    pub fn succeeded(&self) -> bool {
        // SAE answers "200", the metadata service "Success", STS no code at all.
        self.status == 200 && self.fault.is_none() && matches!(self.code.as_str(), "200" | "Success" | "")
    }
}

/// All calls.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    calls: VecDeque<Call>,
}

impl CallLog {
    pub(crate) fn add(&mut self, call: Call) {
        if self.calls.len() == MOST_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    pub(crate) fn all(&self) -> Vec<Call> {
        self.calls.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.calls.clear();
    }
}

/// SAE is told in a header, STS in a parameter.
fn claimed_key(request: &Request) -> Option<String> {
    let by_header = Authorization::read(request).ok().map(|claim| claim.key_id.to_owned());
    by_header.or_else(|| find(&sts::parameters(request), "AccessKeyId").map(str::to_owned))
}

/// The most calls that arrived in any stretch of this length: what a quota counts.
pub fn most_in_any(window: Duration, calls: &[Call]) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, call) in calls.iter().enumerate() {
        while call.at.duration_since(calls[first].at) >= window {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}
