//! Manifests, checked without an API server by the rules that it would apply.
//!
//! `file` and `document` read the text, `kinds` knows which kinds there are, `validator` one of them: `head` checks its metadata, `schema` the shape and
//! `rules` the CEL rules of its CRD. All faults are reported, not just the first.

mod document;
mod fault;
mod file;
mod head;
mod kinds;
mod rules;
mod schema;
mod validator;

pub(super) use fault::Fault;
pub(super) use file::{Manifests, Refused, read};
pub(super) use validator::Validator;
