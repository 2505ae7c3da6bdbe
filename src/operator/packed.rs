//! A text in a third of its length or less.
//!
//! Ten thousand watches are ten thousand times the same words around a few times and names. LZ4 is given those words
//! beforehand, so that of each watch only the rest is kept. Packing and reading take some microseconds, where a poll
//! takes some hundred.

use lz4_flex::block::{compress_prepend_size_with_dict, decompress_size_prepended_with_dict};

/// A watch with every field and the commonest words, in the order in which the API server sends them. A word that is
/// missing here costs its length, and no more.
const USUAL: &[u8] = include_bytes!("../api/usual_watch.json");

/// A text that is seldom read.
#[derive(Debug, Clone, Default)]
pub(super) struct Packed(Box<[u8]>);

impl Packed {
    /// Packs a text.
    pub(super) fn new(text: &[u8]) -> Self {
        Self(compress_prepend_size_with_dict(text, USUAL).into())
    }

    /// The text; empty if it was not packed here.
    pub(super) fn text(&self) -> Vec<u8> {
        decompress_size_prepended_with_dict(&self.0, USUAL).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use schemars::schema_for;
    use serde_json::{Value, json};

    use super::*;
    use crate::api::{SaeAppWatchSpec, SaeAppWatchStatus};

    fn usual() -> Value {
        serde_json::from_slice(USUAL).unwrap()
    }

    #[test]
    fn the_usual_watch_has_every_field_that_is_packed_as_the_api_server_writes_them() {
        assert_eq!(usual().to_string().as_bytes(), USUAL.trim_ascii_end());
        serde_json::from_value::<SaeAppWatchSpec>(usual()["spec"].take()).unwrap();
        serde_json::from_value::<SaeAppWatchStatus>(usual()["status"].take()).unwrap();
        for (part, schema) in
            [("spec", schema_for!(SaeAppWatchSpec)), ("status", schema_for!(SaeAppWatchStatus))]
        {
            let fields = schema.get("properties").unwrap().as_object().unwrap().keys();
            for field in fields.filter(|field| !["instances", "diagnosis"].contains(&field.as_str())) {
                assert!(usual()[part].get(field).is_some(), "{part}.{field}");
            }
        }
    }

    #[test]
    fn a_packed_text_reads_as_it_was() {
        let long = "shop-1 CrashLoopBackOff (空); ".repeat(40);
        for text in [&usual().to_string(), &long, ""] {
            assert_eq!(Packed::new(text.as_bytes()).text(), text.as_bytes());
        }
        assert!(Packed::default().text().is_empty());
    }

    #[test]
    fn of_another_watch_only_its_own_words_are_kept() {
        let mut watch = usual();
        let own: [(&str, Value); 10] = [
            ("/spec/appId", json!("1badcafe-be5f-5b45-12a7-fc5604902345")),
            ("/status/readyInstances", json!("3/3")),
            ("/status/region", json!("cn-shanghai")),
            ("/status/revision", json!("9f86d081884c7d65")),
            ("/status/groups/0/id", json!("c0ffee00-1f2e-4d3c-8b4a-5968778695a4")),
            ("/status/groups/0/image", json!("registry.example.com/pay/ledger:2026-03-04")),
            ("/status/observedAt", json!("2027-03-04T05:06:07Z")),
            ("/status/staleAfter", json!("2027-03-04T05:14:07Z")),
            ("/status/conditions/0/lastTransitionTime", json!("2027-03-01T17:18:19Z")),
            ("/status/conditions/1/lastTransitionTime", json!("2027-03-01T17:18:29Z")),
        ];
        for (pointer, value) in own {
            *watch.pointer_mut(pointer).unwrap() = value;
        }
        let text = watch.to_string();
        let packed = Packed::new(text.as_bytes());
        assert!(packed.0.len() < text.len() / 4, "{} bytes of {}", packed.0.len(), text.len());
    }
}
