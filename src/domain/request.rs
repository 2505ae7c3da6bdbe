//! What a request token brings (contract §8).

use super::Reason;
use super::draft::Draft;
use super::text::{TEXT_BYTES, clean};

impl Draft<'_> {
    /// Acknowledges a request token: at once while suspended, else when an attempt served it.
    pub(super) fn handle_request(&mut self) {
        let Some(request) = self.input.meta.request.map(|token| clean(token, TEXT_BYTES)) else { return };
        if request.is_empty() || self.status.last_handled_request.as_ref() == Some(&request) {
            return;
        }
        let served = self.input.pace.token_served.as_deref().map(|token| clean(token, TEXT_BYTES));
        let note = if self.asks_for_no_polls() {
            format!("request {request} acknowledged without a poll: {}", self.name_suspended())
        } else if served.as_ref() == Some(&request) {
            let failure = self.last_failure().map(|(_, why)| format!(", and the poll failed: {why}"));
            format!("request {request} served{}", failure.unwrap_or_default())
        } else {
            return;
        };
        self.emit(Reason::RefreshHandled, &note);
        self.status.last_handled_request = Some(request);
    }
}
