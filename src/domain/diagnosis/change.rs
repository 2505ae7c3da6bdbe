//! The change order that a diagnosis shows.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::ChangeOrder;
use super::secrets::shown;
use crate::api::DiagnosedChange;
use crate::domain::text::{MESSAGE_BYTES, TEXT_BYTES};

/// Of how many change orders the newest is shown: as many as are asked for, however many are listed.
const FIRST: usize = 10;
/// How long before the health became bad a change order may have begun.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);
/// CreateTime names no time zone, unless SAE learns to; its consoles are in China.
const ZONE: Offset = Offset::constant(8);

/// The change order with the latest CreateTime, if it began at most 24 hours before the health became bad; of several,
/// that which is listed first.
pub(crate) fn newest_change(orders: &[ChangeOrder], since: Timestamp) -> Option<&ChangeOrder> {
    let first = orders.iter().take(FIRST).filter_map(|order| Some((created_at(order)?, order)));
    // The last of equals is the greatest.
    let newest = first.rev().max_by_key(|(at, _)| *at);
    newest.filter(|(at, _)| since.duration_since(*at) <= BEFORE).map(|(_, order)| order)
}

impl ChangeOrder {
    /// Whether SAE has more to say of it: it is under way, waits, or did not succeed.
    pub(crate) fn has_message(&self) -> bool {
        matches!(self.status.as_deref(), Some("1" | "3" | "6" | "8" | "9" | "10" | "11"))
    }

    /// As a status shows it.
    pub(super) fn shown(&self, message: Option<&str>) -> DiagnosedChange {
        let text = |text: &Option<String>| text.as_ref().map(|text| shown(text, TEXT_BYTES));
        DiagnosedChange {
            id: shown(&self.id, TEXT_BYTES),
            kind: text(&self.kind),
            status: self.status.as_ref().map(|status| shown(status_word(status), TEXT_BYTES)),
            created_at: text(&self.created_at),
            message: message.map(|message| shown(message, MESSAGE_BYTES)).filter(|text| !text.is_empty()),
        }
    }
}

fn created_at(order: &ChangeOrder) -> Option<Timestamp> {
    let text = order.created_at.as_ref()?.trim();
    let of_zone = || ZONE.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    text.parse().ok().or_else(of_zone)
}

fn status_word(status: &str) -> &str {
    match status {
        "0" => "Preparing",
        "1" => "Running",
        "2" => "Succeeded",
        "3" => "Failed",
        "6" => "Aborted",
        "8" => "WaitingForConfirmation",
        "9" => "WaitingForBatch",
        "10" => "SystemFailure",
        "11" => "AwaitingApproval",
        "12" => "Approved",
        other => other,
    }
}
