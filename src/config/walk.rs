//! The way to values of a config by dotted paths in which `*` stands for any key.

use toml::{Table, Value};

/// The texts that a value is or holds.
pub fn strings(value: &mut Value) -> Vec<&mut String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter_mut().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// What becomes of a value that was looked at.
pub enum Keep {
    /// It stays.
    Yes,
    /// It goes.
    No,
}

/// The keys of a path.
pub fn keys(path: &str) -> Vec<&str> {
    path.split('.').collect()
}

/// Calls `act` with every value that the path leads to and where it is; removes those not kept, and what they leave empty.
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
