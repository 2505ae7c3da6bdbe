//! The CEL rules of the CRD, evaluated without an API server.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, ExecutionError, Program, Value as CelValue};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{JSONSchemaProps, ValidationRule};
use serde_json::Value;

use super::fault::Fault;
use crate::api::GoDuration;

/// The rules of this schema that the value breaks. Rules on a change need the old value, which only a cluster has.
pub(super) fn broken_rules(schema: &JSONSchemaProps, value: &Value, path: &str) -> Vec<Fault> {
    let rules = schema.x_kubernetes_validations.iter().flatten();
    let rules = rules.filter(|rule| !rule.rule.contains("oldSelf"));
    rules.filter_map(|rule| Some(Fault::invalid(path, value, &problem(rule, value)?))).collect()
}

/// What is wrong by this rule; `None` if it holds.
fn problem(rule: &ValidationRule, value: &Value) -> Option<String> {
    match evaluate(&rule.rule, value) {
        Ok(CelValue::Bool(true)) => None,
        Ok(_) => Some(rule.message.clone().unwrap_or_else(|| format!("failed rule: {}", rule.rule))),
        Err(error) => Some(format!("the rule {:?} cannot be evaluated: {error}", rule.rule)),
    }
}

fn evaluate(rule: &str, value: &Value) -> anyhow::Result<CelValue> {
    let program = Program::compile(rule)?;
    let mut context = Context::default();
    context.add_function("duration", duration)?;
    context.add_variable_from_value("self", to_cel(value));
    Ok(program.execute(&context)?)
}

/// CEL's `duration()`: nanoseconds, which compare as durations do. The crate's own would bring a calendar and the
/// time zones of the world with it.
#[expect(clippy::needless_pass_by_value, reason = "functions of CEL are given their arguments")]
fn duration(text: Arc<String>) -> Result<i64, ExecutionError> {
    let problem = |error: String| ExecutionError::function_error("duration", error);
    let duration: GoDuration = text.parse().map_err(|error| problem(format!("{error}")))?;
    i64::try_from(duration.value().as_nanos()).map_err(|error| problem(error.to_string()))
}

/// A value as the API server hands it to CEL: all whole numbers are `int`.
fn to_cel(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(truth) => CelValue::Bool(*truth),
        Value::Number(number) => number
            .as_i64()
            .map_or_else(|| CelValue::Float(number.as_f64().unwrap_or(f64::NAN)), CelValue::Int),
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(to_cel).collect::<Vec<_>>().into(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), to_cel(value)));
            fields.collect::<HashMap<_, _>>().into()
        }
    }
}
