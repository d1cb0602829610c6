//! The JSON schemas under `docs/`, and whether an answer keeps to them. Knows the keywords that those use,
//! and no others: one that it would have to pass over is a failure.

use std::path::Path;

use serde_json::Value;

/// Fails unless `value` is as the schema in `docs/` says, and has no field that the schema does not tell of.
#[track_caller]
pub fn assert_valid(value: &Value, schema: &str) {
    let mut faults = Vec::new();
    let root = load(schema);
    check(value, &root, &root, "$", &mut faults);
    assert_eq!(faults, Vec::<String>::new(), "{schema}: {value:#}");
}

fn load(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn check(value: &Value, schema: &Value, root: &Value, at: &str, faults: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" => {}
            "$ref" => refer(value, rule.as_str().expect("a reference"), root, at, faults),
            "const" if value != rule => faults.push(format!("{at} is {value}, not {rule}")),
            "enum" if !list(rule).contains(value) => faults.push(format!("{at} is {value}, none of {rule}")),
            "const" | "enum" => {}
            "type" => {
                let fits = match rule {
                    Value::Array(kinds) => kinds.iter().any(|kind| is_of(value, kind)),
                    kind => is_of(value, kind),
                };
                if !fits {
                    faults.push(format!("{at} is {value}, no {rule}"));
                }
            }
            "oneOf" => {
                let fitting = list(rule).iter().filter(|one| {
                    let mut own = Vec::new();
                    check(value, one, root, at, &mut own);
                    own.is_empty()
                });
                let count = fitting.count();
                if count != 1 {
                    faults.push(format!("{at} is {value}, which fits {count} of {rule}"));
                }
            }
            "required" => {
                let missing = list(rule)
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|name| value.get(name).is_none());
                faults.extend(missing.map(|name| format!("{at}.{name} is missing")));
            }
            "properties" => properties(value, schema, root, at, faults),
            "additionalProperties" => {}
            "items" => {
                for (position, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(item, rule, root, &format!("{at}[{position}]"), faults);
                }
            }
            unknown => panic!("{at}: the keyword {unknown} is not known here"),
        }
    }
}

fn properties(value: &Value, schema: &Value, root: &Value, at: &str, faults: &mut Vec<String>) {
    for (name, own) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(rule) => check(own, rule, root, &format!("{at}.{name}"), faults),
            None => faults.push(format!("{at}.{name} is not described")),
        }
    }
}

fn refer(value: &Value, to: &str, root: &Value, at: &str, faults: &mut Vec<String>) {
    let (file, pointer) = to.split_once('#').expect("a file, if another, and a place in it");
    let other = (!file.is_empty()).then(|| load(file));
    let root = other.as_ref().unwrap_or(root);
    let schema = root.pointer(pointer).unwrap_or_else(|| panic!("{to} leads nowhere"));
    check(value, schema, root, at, faults);
}

fn list(rule: &Value) -> &Vec<Value> {
    rule.as_array().expect("a list")
}

fn is_of(value: &Value, kind: &Value) -> bool {
    match kind.as_str().expect("the name of a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        unknown => panic!("the type {unknown} is not known here"),
    }
}

#[test]
fn what_a_schema_does_not_allow_is_found() {
    let (schema, good) = (
        serde_json::json!({
            "type": "object", "required": ["a"],
            "properties": { "a": { "oneOf": [{ "type": "null" }, { "$ref": "#/$defs/word" }] }, "b": { "type": "array", "items": { "type": "integer" } } },
            "$defs": { "word": { "enum": ["x", "y"] } }
        }),
        serde_json::json!({ "a": "x", "b": [1, 2] }),
    );
    let faults = |value: &Value| {
        let mut faults = Vec::new();
        check(value, &schema, &schema, "$", &mut faults);
        faults.len()
    };
    assert_eq!(faults(&good), 0);
    for bad in [
        r#"{"a": "z"}"#,
        r#"{"b": []}"#,
        r#"{"a": null, "b": ["1"]}"#,
        r#"{"a": "x", "c": 1}"#,
        "[]",
    ] {
        let bad: Value = serde_json::from_str(bad).expect("JSON");
        assert!(faults(&bad) > 0, "{bad}");
    }
}
