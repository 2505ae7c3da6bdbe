//! A status in some 400 bytes.
//!
//! Ten thousand statuses are ten thousand times the same words around a few times and names. LZ4 is told those words
//! beforehand, so that of each status only the rest is kept. Packing and reading take some microseconds, where a poll
//! takes some hundred.

use lz4_flex::block::{compress_prepend_size_with_dict, decompress_size_prepended_with_dict};

use crate::api::SaeAppWatchStatus;

/// A status with every field and the commonest words. A word that is missing here costs its length, and no more.
const USUAL: &[u8] = include_bytes!("usual_status.json");

/// A status that is seldom looked at.
#[derive(Debug, Clone)]
pub struct Packed(Box<[u8]>);

impl Packed {
    /// Packs a status; `None` if it cannot be written down, which no status that was read is.
    pub fn of(status: &SaeAppWatchStatus) -> Option<Self> {
        let text = serde_json::to_vec(status).ok()?;
        Some(Self(compress_prepend_size_with_dict(&text, USUAL).into()))
    }

    /// The status; `None` if it was not packed here.
    pub fn read(&self) -> Option<SaeAppWatchStatus> {
        let text = decompress_size_prepended_with_dict(&self.0, USUAL).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn usual() -> SaeAppWatchStatus {
        serde_json::from_slice(USUAL).unwrap()
    }

    #[test]
    fn the_usual_status_has_every_field_but_the_list_in_the_order_they_are_written() {
        let text = serde_json::to_string(&usual()).unwrap();
        assert_eq!(text, std::str::from_utf8(USUAL).unwrap().trim_end());
        let schema = serde_json::to_value(schemars::schema_for!(SaeAppWatchStatus)).unwrap();
        let usual = serde_json::to_value(usual()).unwrap();
        let fields = schema["properties"].as_object().unwrap().keys().filter(|field| *field != "instances");
        for field in fields {
            assert!(usual.get(field).is_some(), "{field}");
        }
    }

    #[test]
    fn a_packed_status_reads_as_it_was() {
        let mut long = usual();
        long.conditions[0].message = "shop-1 CrashLoopBackOff (空); ".repeat(40);
        for status in [usual(), long, SaeAppWatchStatus::default()] {
            assert_eq!(Packed::of(&status).unwrap().read(), Some(status));
        }
    }

    #[test]
    fn of_another_application_only_its_own_words_are_kept() {
        let mut status = serde_json::to_value(usual()).unwrap();
        let own: [(&str, Value); 9] = [
            ("/ready", json!("3/3")),
            ("/region", json!("cn-shanghai")),
            ("/revision", json!("9f86d081884c7d65")),
            ("/groups/0/id", json!("c0ffee00-1f2e-4d3c-8b4a-5968778695a4")),
            ("/groups/0/image", json!("registry.example.com/pay/ledger:2026-03-04")),
            ("/observedAt", json!("2027-03-04T05:06:07Z")),
            ("/staleAfter", json!("2027-03-04T05:14:07Z")),
            ("/conditions/0/lastTransitionTime", json!("2027-03-01T17:18:19Z")),
            ("/conditions/1/lastTransitionTime", json!("2027-03-01T17:18:29Z")),
        ];
        for (pointer, value) in own {
            *status.pointer_mut(pointer).unwrap() = value;
        }
        let packed = Packed::of(&serde_json::from_value(status.clone()).unwrap()).unwrap();
        assert!(packed.0.len() < status.to_string().len() / 4, "{} bytes", packed.0.len());
    }
}
