//! Records as JSON.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A record that was written before, in this schema.
pub fn read<Record: DeserializeOwned>(text: &str, schema: u32) -> Result<Record, String> {
    #[derive(Deserialize)]
    struct Head {
        schema: u32,
    }
    let head: Head = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match head.schema {
        other if other != schema => {
            Err(format!("this lab reads schema {schema}, but this is {other}"))
        }
        _ => serde_json::from_str(text).map_err(|error| error.to_string()),
    }
}

/// A record without the items of its list, and these items: a line for each, so that records can
/// be compared by lines.
pub fn write<Item: Serialize>(record: &impl Serialize, list: &str, items: &[Item]) -> String {
    const WHY: &str = "a record has string keys only, and no number that JSON lacks";
    let record = serde_json::to_string_pretty(record).expect(WHY);
    let items = items.iter().map(|it| serde_json::to_string(it).expect(WHY));
    let items = items.collect::<Vec<_>>().join(",\n    ");
    let (empty, full) = (format!("\"{list}\": []"), format!("\"{list}\": [\n    {items}\n  ]"));
    record.replacen(&empty, &full, 1) + "\n"
}
