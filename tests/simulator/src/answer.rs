//! An answer before it is sent, and what a fault makes of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::envelope;
use crate::fault::{Effect, Fault};
use crate::operation::Operation;

/// Status, headers, body, and how it is to be delivered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Content,
    pub(crate) delay: Duration,
    pub(crate) delivery: Delivery,
}

/// A body.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Json(Value),
    Text { kind: String, text: String },
}

/// How a body goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Half,
    Drip(Duration),
    Reset,
}

impl Answer {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self::new(status, Content::Json(body))
    }

    pub(crate) fn text(status: u16, kind: &str, text: impl Into<String>) -> Self {
        Self::new(status, Content::Text { kind: kind.to_owned(), text: text.into() })
    }

    fn new(status: u16, content: Content) -> Self {
        Self { status, headers: Vec::new(), content, delay: Duration::ZERO, delivery: Delivery::Whole }
    }

    /// The code that a client would read in it.
    pub(crate) fn code(&self) -> String {
        let Content::Json(body) = &self.content else { return String::new() };
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        Some(text("ErrorCode")).filter(|code| !code.is_empty()).unwrap_or_else(|| text("Code"))
    }

    /// What is left of the answer when the fault has struck.
    pub(crate) fn struck_by(
        mut self,
        fault: Fault,
        operation: Operation,
        request_id: &str,
        host: &str,
    ) -> Self {
        let Fault { effect, headers, .. } = fault;
        let mut struck = match effect {
            Effect::Error { status, code, message } => {
                let refusal = crate::refusal::Refusal::new(status, code, message);
                Self::json(status, refusal.body(request_id, host))
            }
            Effect::SuccessFalse { code, message } => {
                Self::json(200, envelope::failed(operation, &code, &message, request_id))
            }
            Effect::Answer { status, content_type, body } => Self::text(status, &content_type, body),
            Effect::Xml { status, code } => {
                Self::text(status, "text/xml;charset=utf-8", xml(&code, request_id, host))
            }
            Effect::Redirect { location } => {
                let mut answer = Self::text(302, "text/html", "");
                answer.headers.push(("location".to_owned(), location));
                answer
            }
            Effect::Delay { millis } => {
                self.delay = Duration::from_millis(millis);
                self
            }
            Effect::Reset => self.delivered(Delivery::Reset),
            Effect::HalfBody => self.delivered(Delivery::Half),
            Effect::Drip { millis } => self.delivered(Delivery::Drip(Duration::from_millis(millis))),
            Effect::TotalSize { value } => self.with_total(value),
            Effect::CutPage { rows } => self.with_rows(rows),
            // The operation has paged accordingly.
            Effect::OverlappingPages { by: _ } => self,
            Effect::UnknownValues => self.with_unknown_values(),
        };
        struck.headers.extend(headers);
        struck
    }

    fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    fn with_total(mut self, value: i64) -> Self {
        if let Content::Json(body) = &mut self.content {
            for place in ["/TotalSize", "/Data/TotalSize"] {
                if let Some(total) = body.pointer_mut(place) {
                    *total = json!(value);
                }
            }
        }
        self
    }

    fn with_rows(mut self, rows: usize) -> Self {
        if let Content::Json(body) = &mut self.content {
            for place in ["/Data/Instances", "/Data/Applications"] {
                if let Some(entries) = body.pointer_mut(place).and_then(Value::as_array_mut) {
                    entries.truncate(rows);
                }
            }
        }
        self
    }

    fn with_unknown_values(mut self) -> Self {
        let Content::Json(body) = &mut self.content else { return self };
        let instances = body.pointer_mut("/Data/Instances").and_then(Value::as_array_mut);
        for instance in instances.into_iter().flatten() {
            for field in
                ["InstanceContainerStatus", "InstanceHealthStatus", "MainContainerStatus", "TrafficStatus"]
            {
                instance[field] = json!("Quiescing2027");
            }
        }
        self
    }
}

fn xml(code: &str, request_id: &str, host: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>{request_id}</RequestId><HostId>{host}</HostId>\
         <Code>{code}</Code><Message>Simulated {code}.</Message></Error>"
    )
}
