//! What can go wrong with a call on purpose.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::operation::Operation;
use crate::request::Request;

/// What goes wrong with one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// An error of the gateway: `{RequestId, HostId, Code, Message, Recommend}`.
    Error {
        /// HTTP status.
        status: u16,
        /// The `Code`.
        code: String,
        /// The `Message`.
        message: String,
    },
    /// An error of SAE itself inside HTTP 200: `Success` false, `Code` 400, no `Data`; the reason is `ErrorCode`, or
    /// `Message` where an operation has no such field.
    SuccessFalse {
        /// The reason.
        code: String,
        /// The `Message`.
        message: String,
    },
    /// Any answer at all: an HTML page of a proxy, an empty body, JSON cut in half.
    Answer {
        /// HTTP status.
        status: u16,
        /// The header `Content-Type`.
        content_type: String,
        /// The body.
        body: String,
    },
    /// An error as XML, as the gateway writes it for clients that do not ask for JSON.
    Xml {
        /// HTTP status.
        status: u16,
        /// The `Code`.
        code: String,
    },
    /// HTTP 302.
    Redirect {
        /// Where to.
        location: String,
    },
    /// The right answer, late.
    Delay {
        /// How late, in milliseconds.
        millis: u64,
    },
    /// The connection is reset before an answer.
    Reset,
    /// `Content-Length` promises the right answer, half of it comes, the connection ends.
    HalfBody,
    /// The right answer, one byte at a time.
    Drip {
        /// Between two bytes, in milliseconds.
        millis: u64,
    },
    /// The right answer with another `TotalSize`.
    TotalSize {
        /// What it says.
        value: i64,
    },
    /// The right page with no more than so many of its entries; what it counts stays.
    CutPage {
        /// How many entries are left.
        rows: usize,
    },
    /// Each page after the first repeats the end of the one before, and so pushes others out.
    OverlappingPages {
        /// How many entries.
        by: usize,
    },
    /// Every status of every instance is a word nobody documented.
    UnknownValues,
}

/// An effect, the calls it is for, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub effect: Effect,
    /// Headers the answer gets on top.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Only for this operation.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// Only for calls with this `AppId`.
    #[serde(default)]
    pub app: Option<String>,
    /// Only for calls to this region, which the name of the host says: see [`Simulator::regional_endpoint`].
    ///
    /// [`Simulator::regional_endpoint`]: crate::Simulator::regional_endpoint
    #[serde(default)]
    pub region: Option<String>,
    /// Only for this page of a list, counted from 1.
    #[serde(default)]
    pub page: Option<u32>,
    /// How many calls are struck; absent: all until the faults are cleared.
    #[serde(default = "once")]
    pub calls: Option<u32>,
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's own type")]
fn once() -> Option<u32> {
    Some(1)
}

// The effects by name; each strikes one call of any operation unless said otherwise.
impl Fault {
    /// Any effect.
    pub fn of(effect: Effect) -> Self {
        Self {
            effect,
            headers: Vec::new(),
            operation: None,
            app: None,
            region: None,
            page: None,
            calls: once(),
        }
    }

    /// An error of the gateway.
    pub fn error(status: u16, code: &str) -> Self {
        Self::of(Effect::Error { status, code: code.to_owned(), message: format!("Simulated {code}.") })
    }

    /// The account's flow control: HTTP 400, `Throttling.User`.
    pub fn throttle() -> Self {
        let message = "Request was denied due to user flow control.".to_owned();
        Self::of(Effect::Error { status: 400, code: "Throttling.User".to_owned(), message })
    }

    /// RAM's denial; [`AccountHandle::deny`] denies an operation everywhere, with the details that RAM gives.
    ///
    /// [`AccountHandle::deny`]: crate::AccountHandle::deny
    pub fn denial() -> Self {
        Self::error(403, "Forbidden.RAM")
    }

    /// HTTP 200 with `Success` false.
    pub fn success_false(code: &str) -> Self {
        Self::of(Effect::SuccessFalse { code: code.to_owned(), message: format!("Simulated {code}.") })
    }

    /// Any body.
    pub fn answer(status: u16, content_type: &str, body: &str) -> Self {
        let (content_type, body) = (content_type.to_owned(), body.to_owned());
        Self::of(Effect::Answer { status, content_type, body })
    }

    /// The HTML page of a load balancer.
    pub fn html(status: u16) -> Self {
        let body = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
        Self::answer(status, "text/html", &body)
    }

    /// An error as XML.
    pub fn xml(status: u16, code: &str) -> Self {
        Self::of(Effect::Xml { status, code: code.to_owned() })
    }

    /// HTTP 302.
    pub fn redirect(location: &str) -> Self {
        Self::of(Effect::Redirect { location: location.to_owned() })
    }

    /// The right answer, late.
    pub fn delay(by: Duration) -> Self {
        Self::of(Effect::Delay { millis: millis(by) })
    }

    /// No answer as long as any client waits.
    pub fn hang() -> Self {
        Self::delay(Duration::from_hours(24))
    }

    /// A reset connection.
    pub fn reset() -> Self {
        Self::of(Effect::Reset)
    }

    /// Half a body.
    pub fn half_body() -> Self {
        Self::of(Effect::HalfBody)
    }

    /// One byte a second.
    pub fn drip() -> Self {
        Self::of(Effect::Drip { millis: 1000 })
    }

    /// Another `TotalSize`.
    pub fn total_size(value: i64) -> Self {
        Self::of(Effect::TotalSize { value })
    }

    /// A page with no more than so many entries.
    pub fn cut_page(rows: usize) -> Self {
        Self::of(Effect::CutPage { rows })
    }

    /// Pages that overlap by one entry.
    pub fn overlapping_pages() -> Self {
        Self::of(Effect::OverlappingPages { by: 1 })
    }

    /// Undocumented words.
    pub fn unknown_values() -> Self {
        Self::of(Effect::UnknownValues)
    }
}

// Narrowing.
impl Fault {
    /// Only for this operation.
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Only for this application.
    pub fn for_app(mut self, app: &str) -> Self {
        self.app = Some(app.to_owned());
        self
    }

    /// Only for this region.
    pub fn in_region(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    /// Only for this page of a list, counted from 1.
    pub fn on_page(mut self, page: u32) -> Self {
        self.page = Some(page);
        self
    }

    /// For so many calls.
    pub fn times(mut self, calls: u32) -> Self {
        self.calls = Some(calls);
        self
    }

    /// For every call until the faults are cleared.
    pub fn until_cleared(mut self) -> Self {
        self.calls = None;
        self
    }

    /// With `x-acs-retry-after`, in milliseconds, the header of Alibaba Cloud.
    pub fn retry_after_millis(self, millis: u64) -> Self {
        self.with_header("x-acs-retry-after", &millis.to_string())
    }

    /// With `Retry-After`, in seconds, the header of the HTTP standard.
    pub fn retry_after_seconds(self, seconds: u64) -> Self {
        self.with_header("retry-after", &seconds.to_string())
    }

    /// With any header.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// By how much pages overlap.
    pub(crate) fn overlap(&self) -> usize {
        if let Effect::OverlappingPages { by } = self.effect { by } else { 0 }
    }

    pub(crate) fn strikes(&self, operation: Operation, request: &Request) -> bool {
        self.operation.is_none_or(|only| only == operation)
            && self.app.as_deref().is_none_or(|only| request.parameter("AppId") == Some(only))
            && self.region.as_deref().is_none_or(|only| request.region() == Some(only))
            && self.page.is_none_or(|only| request.page() == Some(only))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
