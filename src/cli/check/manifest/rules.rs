//! The CEL rules of the CRD, evaluated without an API server.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use cel::{Context, ExecutionError, ParseErrors, Program, Value as CelValue};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, ValidationRule,
};
use serde_json::Value;

use super::fault::Fault;
use crate::api::GoDuration;

/// The rules of a schema and of everything in it, compiled.
#[derive(Debug, Default)]
pub(super) struct Rules(HashMap<String, Result<Program, ParseErrors>>);

impl Rules {
    pub(super) fn new(schema: &JSONSchemaProps) -> Self {
        let mut rules = Self::default();
        rules.add(schema);
        rules
    }

    fn add(&mut self, schema: &JSONSchemaProps) {
        for rule in checked(schema) {
            self.0.entry(rule.rule.clone()).or_insert_with(|| Program::compile(&rule.rule));
        }
        if let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items {
            self.add(items);
        }
        for property in schema.properties.iter().flat_map(BTreeMap::values) {
            self.add(property);
        }
    }

    /// The rules of this schema that the value breaks.
    pub(super) fn broken(&self, schema: &JSONSchemaProps, value: &Value, path: &str) -> Vec<Fault> {
        let broken = |rule: &ValidationRule| Some(Fault::invalid(path, value, &self.problem(rule, value)?));
        checked(schema).filter_map(broken).collect()
    }

    /// What is wrong by this rule; `None` if it holds.
    fn problem(&self, rule: &ValidationRule, value: &Value) -> Option<String> {
        match self.evaluate(&rule.rule, value) {
            Ok(CelValue::Bool(true)) => None,
            // What cannot be evaluated, such as a duration of a million years, does not hold.
            Ok(_) | Err(_) => {
                Some(rule.message.clone().unwrap_or_else(|| format!("failed rule: {}", rule.rule)))
            }
        }
    }

    fn evaluate(&self, rule: &str, value: &Value) -> anyhow::Result<CelValue> {
        let program = self.0.get(rule).context("it was not compiled")?.as_ref();
        let program = program.map_err(|problem| anyhow!("{problem}"))?;
        let mut context = Context::default();
        context.add_function("duration", duration)?;
        context.add_variable_from_value("self", to_cel(value));
        Ok(program.execute(&context)?)
    }
}

/// The rules that can be asked here: those on a change need the old value, which only a cluster has.
fn checked(schema: &JSONSchemaProps) -> impl Iterator<Item = &ValidationRule> {
    schema.x_kubernetes_validations.iter().flatten().filter(|rule| !rule.rule.contains("oldSelf"))
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

#[cfg(test)]
mod tests {
    use super::super::Validator;

    #[test]
    fn every_rule_of_the_crd_can_be_compiled() {
        for kind in [Validator::watches(), Validator::accounts(), Validator::sets()] {
            let rules = kind.rules.0;
            assert!(rules.len() > 8, "{}", rules.len());
            for (rule, program) in rules {
                assert!(program.is_ok(), "{rule}");
            }
        }
    }
}
