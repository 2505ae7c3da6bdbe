//! JSON as SAE means it: numbers as texts, texts as numbers, placeholders for nothing, one object for a list of one.
//!
//! What cannot be read is absent. Only broken JSON is an error here, so that one odd field never costs the answer.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use bytestring::ByteString;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// What SAE writes where it has nothing to say: its documentation's own samples hold the Chinese word for
/// "empty", and its SDKs' samples "Null".
const PLACEHOLDERS: [&str; 4] = ["", "空", "null", "-"];

/// What is read of a field, if anything can be.
#[derive(Debug, Default)]
pub(super) struct Field<T>(pub(super) Option<T>);

/// A text where it stands in the body; one with escapes, which stands there otherwise, by itself. A number and a flag
/// are texts too.
pub(super) type Text<'a> = Field<Cow<'a, str>>;
/// A whole number, also as a text.
pub(super) type Integer = Field<i64>;
/// A yes or no, also as a text in any case.
pub(super) type Flag = Field<bool>;
/// A moment in milliseconds since 1970, also as a text; 0 is nothing.
pub(super) type Millis = Field<Timestamp>;
/// An object; an array of its fields is none.
pub(super) type Object<T> = Field<Fields<T>>;
/// A list of objects; one object where a list belongs is a list of one. An item that is no object is one of which
/// nothing is known.
pub(super) type OneOrMany<T> = Field<Vec<T>>;

/// The fields of an object.
#[derive(Debug, Default)]
pub(super) struct Fields<T>(pub(super) T);

/// What a type makes of each kind of JSON value: nothing, unless it says otherwise.
pub(super) trait Lenient<'de>: Sized {
    fn text(_: Cow<'de, str>) -> Option<Self> {
        None
    }

    fn number(_: &Number) -> Option<Self> {
        None
    }

    fn flag(_: bool) -> Option<Self> {
        None
    }

    fn list<A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        IgnoredAny.visit_seq(list).map(|IgnoredAny| None)
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        IgnoredAny.visit_map(object).map(|IgnoredAny| None)
    }
}

/// Reads an object. Where a name stands twice in it the last one counts, as for most readers of JSON; what serde
/// derives refuses that, so it is read by way of values, which takes three times as long.
pub(super) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    let object: Object<T> = serde_json::from_str(text)
        .or_else(|_| serde_json::from_str::<Value>(text).and_then(Object::deserialize))
        .ok()?;
    object.0.map(|Fields(object)| object)
}

impl Text<'_> {
    /// The text, if it says something.
    pub(super) fn said(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !is_placeholder(text))
    }

    /// The same, sharing the body that it was read from.
    pub(super) fn within(self, body: &ByteString) -> Option<ByteString> {
        self.0.filter(|text| !is_placeholder(text)).map(|text| share(text, body))
    }

    /// The text as it came, placeholders included: for texts that users write, such as tags.
    pub(super) fn verbatim(self, body: &ByteString) -> ByteString {
        self.0.map(|text| share(text, body)).unwrap_or_default()
    }
}

/// Whether a text stands for nothing.
fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    PLACEHOLDERS.iter().any(|placeholder| placeholder.eq_ignore_ascii_case(text))
}

fn share(text: Cow<'_, str>, body: &ByteString) -> ByteString {
    match text {
        Cow::Borrowed(text) => body.slice_ref(text),
        Cow::Owned(text) => text.into(),
    }
}

impl<'de: 'a, 'a> Lenient<'de> for Cow<'a, str> {
    fn text(text: Cow<'de, str>) -> Option<Self> {
        Some(text)
    }

    fn number(number: &Number) -> Option<Self> {
        Some(number.to_string().into())
    }

    fn flag(flag: bool) -> Option<Self> {
        Some(flag.to_string().into())
    }
}

impl Lenient<'_> for i64 {
    fn text(text: Cow<'_, str>) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn number(number: &Number) -> Option<Self> {
        number.as_i64()
    }
}

impl Lenient<'_> for bool {
    fn text(text: Cow<'_, str>) -> Option<Self> {
        text.trim().to_ascii_lowercase().parse().ok()
    }

    fn flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

impl Lenient<'_> for Timestamp {
    fn text(text: Cow<'_, str>) -> Option<Self> {
        i64::text(text).and_then(moment)
    }

    fn number(number: &Number) -> Option<Self> {
        i64::number(number).and_then(moment)
    }
}

fn moment(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok().filter(|_| millis > 0)
}

impl<'de, T: Deserialize<'de>> Lenient<'de> for Fields<T> {
    fn object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(|object| Some(Self(object)))
    }
}

impl<'de, T: Deserialize<'de> + Default> Lenient<'de> for Vec<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut items = Self::new();
        while let Some(Field(item)) = list.next_element::<Object<T>>()? {
            items.push(item.map_or_else(T::default, |Fields(item)| item));
        }
        Ok(Some(items))
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(|one| Some(vec![one]))
    }
}

impl<'de, T: Lenient<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData)).map(Self)
    }
}

struct Any<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for Any<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Option<T>, E> {
        Ok(T::flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Option<T>, E> {
        Ok(T::number(&number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<T>, E> {
        Ok(T::number(&number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Option<T>, E> {
        Ok(Number::from_f64(number).and_then(|number| T::number(&number)))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Option<T>, E> {
        Ok(T::text(text.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        Ok(T::text(text.to_owned().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Option<T>, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Option<T>, A::Error> {
        T::object(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read<T: for<'de> Deserialize<'de>>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    fn text(value: Value) -> Option<String> {
        Text::deserialize(value).unwrap().said().map(str::to_owned)
    }

    fn integer(value: Value) -> Option<i64> {
        read::<Integer>(value).0
    }

    #[test]
    fn placeholders_are_nothing() {
        for nothing in
            [json!(""), json!("空"), json!("null"), json!("Null"), json!("-"), json!(" "), json!(null)]
        {
            assert_eq!(text(nothing.clone()), None, "{nothing}");
        }
        assert_eq!(text(json!("Init:0/1")).as_deref(), Some("Init:0/1"));
    }

    #[test]
    fn numbers_and_texts_stand_for_each_other() {
        assert_eq!(text(json!(12345)).as_deref(), Some("12345"));
        assert_eq!(text(json!(1.5)).as_deref(), Some("1.5"));
        assert_eq!(text(json!(true)).as_deref(), Some("true"));
        assert_eq!(integer(json!(" 3 ")), Some(3));
        for nothing in [json!("one"), json!(1.5), json!(u64::MAX), json!(true), json!([3]), json!({"a": 3})] {
            assert_eq!(integer(nothing.clone()), None, "{nothing}");
        }
        assert_eq!(read::<Flag>(json!("True")).0, Some(true));
        assert_eq!(read::<Flag>(json!("maybe")).0, None);
        assert_eq!(read::<Flag>(json!(1)).0, None);
    }

    #[test]
    fn a_time_of_zero_is_no_time() {
        let millis = |value: Value| read::<Millis>(value).0;
        assert_eq!(millis(json!(0)), None);
        assert_eq!(millis(json!("1558442609000")).unwrap().as_second(), 1_558_442_609);
        assert_eq!(millis(json!(i64::MAX)), None, "past the calendar");
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Item {
        a: Integer,
    }

    #[test]
    fn one_object_is_a_list_of_one_and_what_is_no_object_is_an_item_of_which_nothing_is_known() {
        let list = |value: Value| {
            let items = read::<OneOrMany<Item>>(value).0?;
            Some(items.into_iter().map(|item| item.a.0).collect::<Vec<_>>())
        };
        assert_eq!(list(json!({"a": 1})), Some(vec![Some(1)]));
        assert_eq!(
            list(json!([{"a": 1}, null, 7, "x", [2], {}])),
            Some(vec![Some(1), None, None, None, None, None])
        );
        assert_eq!(list(json!([])), Some(vec![]));
        assert_eq!(list(json!("oops")), None);
    }

    #[test]
    fn an_array_in_the_place_of_an_object_is_none() {
        assert!(object::<Item>("[1]").is_none());
        assert_eq!(object::<Item>(r#"{"a": 1}"#).unwrap().a.0, Some(1));
    }

    #[test]
    fn of_a_name_that_stands_twice_the_last_one_counts() {
        assert_eq!(object::<Item>(r#"{"a": 1, "b": "\n", "a": "2"}"#).unwrap().a.0, Some(2));
    }

    #[test]
    fn a_text_without_escapes_shares_the_body() {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Words<'a> {
            #[serde(borrow)]
            plain: Text<'a>,
            escaped: Text<'a>,
        }
        let body = ByteString::from(r#"{"plain": "as is", "escaped": "a\tb"}"#);
        let Words { plain, escaped } = object(&body).unwrap();
        let plain = plain.within(&body).unwrap();
        assert!(body.as_bytes().as_ptr_range().contains(&plain.as_ptr()));
        assert_eq!((&*plain, &*escaped.within(&body).unwrap()), ("as is", "a\tb"));
    }
}
