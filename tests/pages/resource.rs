//! The reference of the resources, made from the CustomResourceDefinitions.

use serde_json::Value;

use crate::fragments::{keep, table};

/// Fields of the status in which the operator remembers what it needs for the next decision.
const MEMORY: [&str; 1] = ["memory"];

/// Whom a field of the status is for.
enum Audience {
    /// Whoever reads a watch.
    People,
    /// The operator itself, after a restart.
    Operator,
    /// Whoever knows conditions: what is inside one is the same for every resource.
    Kubernetes,
}

/// The version of a kind.
fn schema(kind: &str) -> Value {
    let crds = saewatch::api::crds().map(|crd| serde_json::to_value(&crd).unwrap());
    let crd = crds.into_iter().find(|crd| crd["spec"]["names"]["kind"] == kind).unwrap();
    crd["spec"]["versions"][0].clone()
}

#[test]
fn every_field_is_in_the_reference() {
    let schema = schema("SaeAppWatch");
    let fields = &schema["schema"]["openAPIV3Schema"]["properties"];
    keep("docs/reference.md", "spec", &spec(&fields["spec"]));
    let (mut for_people, mut memory) = (Vec::new(), Vec::new());
    walk(&fields["status"], "", &mut |field| match field.audience() {
        Audience::People => for_people.push(field.of_status()),
        Audience::Operator => memory.push(field.of_status()),
        Audience::Kubernetes => {}
    });
    keep("docs/reference.md", "status", &table(&["field", "type", "meaning"], for_people));
    keep("docs/reference.md", "memory", &table(&["field", "type", "meaning"], memory));
}

#[test]
fn every_field_of_an_account_and_of_a_set_is_in_the_reference() {
    for (kind, part) in [("SaeAccount", "account"), ("SaeAppWatchSet", "set")] {
        let schema = schema(kind);
        let fields = &schema["schema"]["openAPIV3Schema"]["properties"];
        keep("docs/reference.md", &format!("{part}-spec"), &spec(&fields["spec"]));
        let mut status = Vec::new();
        walk(&fields["status"], "", &mut |field| match field.audience() {
            Audience::People | Audience::Operator => status.push(field.of_status()),
            Audience::Kubernetes => {}
        });
        keep("docs/reference.md", &format!("{part}-status"), &table(&["field", "type", "meaning"], status));
    }
}

/// The table of a spec.
fn spec(fields: &Value) -> String {
    let mut rows = Vec::new();
    walk(fields, "", &mut |field| rows.push(field.of_spec()));
    table(&["field", "type", "default", "rule", "meaning"], rows)
}

#[test]
fn every_column_is_in_the_reference() {
    for (kind, part) in
        [("SaeAppWatch", "columns"), ("SaeAccount", "account-columns"), ("SaeAppWatchSet", "set-columns")]
    {
        keep("docs/reference.md", part, &columns(&schema(kind)));
    }
    let schema = schema("SaeAppWatch");
    let selectable = schema["selectableFields"].as_array().unwrap().iter();
    let selectable: Vec<String> = selectable
        .map(|field| format!("`{}`", field["jsonPath"].as_str().unwrap().trim_start_matches('.')))
        .collect();
    keep("docs/reference.md", "selectable", &format!("{}\n", selectable.join(", ")));
}

fn columns(schema: &Value) -> String {
    let rows = schema["additionalPrinterColumns"].as_array().unwrap().iter().map(|column| {
        let wide = if column["priority"] == 1 { "`-o wide`" } else { "" };
        let name = column["name"].as_str().unwrap().to_uppercase();
        let path = column["jsonPath"].as_str().unwrap();
        let meaning = column["description"].as_str().unwrap_or_default();
        vec![name, format!("`{path}`"), wide.into(), meaning.into()]
    });
    table(&["column", "from", "only with", "meaning"], rows)
}

#[test]
fn the_order_of_the_list_is_that_of_the_states() {
    keep("docs/reference.md", "order", &format!("Worst first: {}; then by id.\n", states().join(", ")));
}

/// The states of instances, as the definition has them: worst first.
pub fn states() -> Vec<String> {
    let schema = schema("SaeAppWatch");
    let status = &schema["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"];
    let states = &status["instances"]["items"]["properties"]["state"]["enum"];
    serde_json::from_value(states.clone()).unwrap()
}

/// One field with all that its row says.
struct Field<'a> {
    path: String,
    schema: &'a Value,
    parent: &'a Value,
}

impl Field<'_> {
    fn of_spec(&self) -> Vec<String> {
        vec![self.name(), self.kind(), self.default(), self.rules(), self.meaning()]
    }

    fn of_status(&self) -> Vec<String> {
        vec![self.name(), self.kind(), self.meaning()]
    }

    fn audience(&self) -> Audience {
        let first = self.path.split(['.', '[']).next().unwrap();
        if MEMORY.contains(&first) {
            Audience::Operator
        } else if self.path.starts_with("conditions[]") {
            Audience::Kubernetes
        } else {
            Audience::People
        }
    }

    fn name(&self) -> String {
        format!("`{}`", self.path)
    }

    /// The last word of its path.
    fn word(&self) -> &str {
        self.path.rsplit('.').next().unwrap()
    }

    fn kind(&self) -> String {
        let is_duration = messages(self.schema).any(|message| message.contains("must be a duration"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match (self.schema["type"].as_str().unwrap(), self.schema["x-kubernetes-list-type"].as_str()) {
            ("string", _) if is_duration => "duration".into(),
            ("string", _) if self.schema["format"] == "date-time" => "time".into(),
            ("string", _) if self.schema["enum"].is_array() => {
                self.schema["enum"].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(", ")
            }
            ("array", Some(list)) => format!("{list} of {}", text(&self.schema["items"]["type"])),
            (kind, _) => kind.into(),
        }
    }

    fn default(&self) -> String {
        let required = self.parent["required"].as_array();
        if required.is_some_and(|required| required.iter().any(|name| *name == *self.word())) {
            return "required".into();
        }
        match &self.schema["default"] {
            // The defaults of its fields stand in their own rows.
            Value::Null | Value::Object(_) => String::new(),
            Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        }
    }

    /// The sentences of its own rules, of its items' rules, and of those rules around it that begin with its name.
    fn rules(&self) -> String {
        let word = self.word();
        let around = messages(self.parent).filter(|message| message.split(' ').next() == Some(word));
        let most = self.schema["maxItems"].as_i64().map(|most| format!("at most {most}"));
        let own = messages(self.schema).chain(messages(&self.schema["items"])).chain(around);
        let own = own.filter(|message| !message.contains("must be a duration"));
        let own = own.map(|message| message.strip_prefix(&format!("{word} ")).unwrap_or(message).to_owned());
        most.into_iter().chain(own).collect::<Vec<_>>().join("; ")
    }

    fn meaning(&self) -> String {
        self.schema["description"].as_str().unwrap().replace('\n', " ").replace('|', "\\|")
    }
}

fn messages(schema: &Value) -> impl Iterator<Item = &str> {
    let rules = schema["x-kubernetes-validations"].as_array();
    rules.into_iter().flatten().map(|rule| rule["message"].as_str().unwrap())
}

fn walk<'a>(parent: &'a Value, path: &str, seen: &mut impl FnMut(Field<'a>)) {
    for (name, schema) in parent["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        seen(Field { path: path.clone(), schema, parent });
        walk(schema, &path, seen);
        walk(&schema["items"], &format!("{path}[]"), seen);
    }
}
