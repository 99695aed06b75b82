//! Finds values in a config by dotted paths. `*` stands for any key.

use toml::{Table, Value};

/// Returns the strings that a value is or contains.
pub fn strings(value: &mut Value) -> Vec<&mut String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter_mut().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// What to do with a value.
pub enum Keep {
    /// Keep it.
    Yes,
    /// Remove it.
    No,
}

/// Splits a path into keys.
pub fn keys(path: &str) -> Vec<&str> {
    path.split('.').collect()
}

/// Calls `act` with every value at the path and its location. Removes the values that are not kept,
/// and the tables that become empty.
pub fn edit(table: &mut Table, path: &[&str], act: &mut dyn FnMut(&[String], &mut Value) -> Keep) {
    edit_below(table, path, &mut Vec::new(), act);
}

fn edit_below(
    table: &mut Table,
    path: &[&str],
    above: &mut Vec<String>,
    act: &mut dyn FnMut(&[String], &mut Value) -> Keep,
) {
    let [key, rest @ ..] = path else { return };
    table.retain(|name, value| {
        if *key != "*" && name != *key {
            return true;
        }
        above.push(name.to_owned());
        let keep = match value {
            value if rest.is_empty() => matches!(act(above, value), Keep::Yes),
            Value::Table(below) => {
                let was_empty = below.is_empty();
                edit_below(below, rest, above, act);
                was_empty || !below.is_empty()
            }
            _ => true,
        };
        above.pop();
        keep
    });
}

/// Sets the value at a path.
pub fn put(table: &mut Table, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            table.insert(last.clone(), value);
        }
        [key, rest @ ..] => {
            if let Value::Table(below) = table.entry(key.clone()).or_insert_with(|| Table::new().into()) {
                put(below, rest, value);
            }
        }
    }
}
