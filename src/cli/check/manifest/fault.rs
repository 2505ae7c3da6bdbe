//! What is wrong with a manifest, in the sentences of the API server.

use std::fmt;

use serde_json::Value;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli::check) struct Fault {
    /// Where it is, such as `spec.groupIds[1]`; empty for the whole document.
    pub path: String,
    /// What it is, and what would be right.
    pub problem: String,
}

impl Fault {
    pub(super) fn new(path: &str, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into() }
    }

    /// A value that is not as it must be.
    pub(super) fn invalid(path: &str, value: &Value, problem: &str) -> Self {
        let shown = match value {
            Value::Object(_) => "object".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        };
        Self::new(path, format!("Invalid value: {shown}: {problem}"))
    }

    pub(super) fn required(path: &str) -> Self {
        Self::new(path, "Required value")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "{}: {}", self.path, self.problem)
        }
    }
}
