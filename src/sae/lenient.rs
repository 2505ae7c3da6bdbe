//! JSON values as SAE means them: numbers as texts, texts as numbers, placeholders for nothing.
//!
//! What cannot be read is absent. Nothing here fails, so that one odd field never costs the answer.

use bytestring::ByteString;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// What SAE writes where it has nothing to say: its documentation's own samples hold the Chinese word for
/// "empty", and its SDKs' samples "Null".
const PLACEHOLDERS: [&str; 4] = ["", "空", "null", "-"];

/// A text that says something.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    verbatim(value).filter(|text| !is_placeholder(text))
}

/// A tag, as its user wrote it; nothing for the documentation's sample, whose two sides are empty.
pub(super) fn tag(key: ByteString, value: ByteString) -> Option<(ByteString, ByteString)> {
    (!is_placeholder(&key) || !is_placeholder(&value)).then_some((key, value))
}

/// A text as it came, placeholders included: for texts that users write, such as tags.
pub(super) fn verbatim(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether a text stands for nothing.
pub(super) fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    PLACEHOLDERS.iter().any(|placeholder| placeholder.eq_ignore_ascii_case(text))
}

/// A whole number, also as a text.
pub(super) fn integer(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A number of things: whole and not negative.
pub(super) fn count(value: Option<&Value>) -> Option<u64> {
    integer(value).and_then(|number| u64::try_from(number).ok())
}

/// A yes or no, also as a text in any case.
pub(super) fn flag(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A moment in milliseconds since 1970; 0 is nothing.
pub(super) fn millis(value: Option<&Value>) -> Option<Timestamp> {
    moment(integer(value))
}

/// The moment so many milliseconds after 1970 began; 0 is nothing.
pub(super) fn moment(millis: Option<i64>) -> Option<Timestamp> {
    millis.filter(|millis| *millis > 0).and_then(|millis| Timestamp::from_millisecond(millis).ok())
}

/// A list; one object where a list belongs is a list of one.
pub(super) fn list(value: Option<&Value>) -> Option<&[Value]> {
    match value? {
        Value::Array(items) => Some(items),
        one @ Value::Object(_) => Some(std::slice::from_ref(one)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn placeholders_are_nothing() {
        for nothing in
            [json!(""), json!("空"), json!("null"), json!("Null"), json!("-"), json!(" "), json!(null)]
        {
            assert_eq!(text(Some(&nothing)), None, "{nothing}");
        }
        assert_eq!(text(Some(&json!("Init:0/1"))).as_deref(), Some("Init:0/1"));
    }

    #[test]
    fn numbers_and_texts_stand_for_each_other() {
        assert_eq!(text(Some(&json!(12345))).as_deref(), Some("12345"));
        assert_eq!(integer(Some(&json!(" 3 "))), Some(3));
        assert_eq!(integer(Some(&json!("one"))), None);
        assert_eq!(integer(Some(&json!(1.5))), None);
        assert_eq!(count(Some(&json!(-1))), None);
        assert_eq!(flag(Some(&json!("True"))), Some(true));
        assert_eq!(flag(Some(&json!("maybe"))), None);
    }

    #[test]
    fn a_time_of_zero_is_no_time() {
        assert_eq!(millis(Some(&json!(0))), None);
        assert_eq!(millis(Some(&json!("1558442609000"))).unwrap().as_second(), 1_558_442_609);
        assert_eq!(millis(Some(&json!(i64::MAX))), None, "past the calendar");
    }

    #[test]
    fn one_object_is_a_list_of_one() {
        assert_eq!(list(Some(&json!({"a": 1}))).unwrap().len(), 1);
        assert_eq!(list(Some(&json!([]))).unwrap().len(), 0);
        assert!(list(Some(&json!("oops"))).is_none());
    }
}
