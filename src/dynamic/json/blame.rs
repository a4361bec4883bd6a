use protobuf::reflect::{MessageDescriptor, RuntimeFieldType, RuntimeType};
use protobuf_json_mapping::merge_from_str;
use serde_json::{Value, json};

use super::super::{nearest, source};

/// Which field of a value does not fit its message, and why: the first that does not by itself.
pub fn field(message: &MessageDescriptor, value: &Value) -> Option<String> {
    let (path, why) = find(message, value)?;
    Some(format!("`{path}`: {why}"))
}

fn find(message: &MessageDescriptor, value: &Value) -> Option<(String, String)> {
    for (name, value) in value.as_object()? {
        let Some(field) = message.field_by_name_or_json_name(name) else {
            return Some((name.clone(), unknown(message, name)));
        };
        // Merging doesn't ask for the required fields of proto2, as parsing would.
        let alone = json!({ name: value }).to_string();
        if merge_from_str(&mut *message.new_instance(), &alone).is_ok() {
            continue;
        }
        let inner = match field.runtime_field_type() {
            RuntimeFieldType::Singular(RuntimeType::Message(inner)) => {
                find(&inner, value).map(|(path, why)| (format!("{name}.{path}"), why))
            }
            RuntimeFieldType::Repeated(RuntimeType::Message(inner)) => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items
                    .filter_map(|(i, item)| Some((i, find(&inner, item)?)))
                    .next()
                    .map(|(i, (path, why))| (format!("{name}[{i}].{path}"), why))
            }
            _ => None,
        };
        return Some(inner.unwrap_or_else(|| {
            let expected = source::kind(message.proto(), field.proto());
            (name.clone(), format!("{expected} is expected here, not {}", short(value)))
        }));
    }
    None
}

fn unknown(message: &MessageDescriptor, name: &str) -> String {
    let fields: Vec<_> = message.fields().collect();
    let names = fields.iter().map(|field| field.name());
    let hint = match nearest(name, names.clone()) {
        Some(nearest) => format!("the nearest is `{nearest}`"),
        None if fields.is_empty() => "it has none at all".to_owned(),
        None => format!("it has {}", names.collect::<Vec<_>>().join(", ")),
    };
    format!("{} has no such field; {hint}", message.full_name())
}

fn short(value: &Value) -> String {
    const LONGEST: usize = 40;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
