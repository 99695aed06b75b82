//! TOML printed in many ways that mean the same: any order, inline or as sections, quoted or bare,
//! with comments.

use toml::{Table, Value};

use super::dice::Dice;

/// How a manifest is printed: plainly, or in a random manner.
pub struct Style {
    manner: Option<Dice>,
}

impl Style {
    pub fn plain() -> Self {
        Self { manner: None }
    }

    pub fn random(seed: u64) -> Self {
        Self { manner: Some(Dice::new(seed)) }
    }

    pub fn print(&mut self, table: &Table) -> String {
        let mut text = String::new();
        self.section(&mut text, &[], table);
        if self.percent(20) {
            text = text.replace('\n', "\r\n");
        }
        text
    }

    /// A random yes; a plain style says no.
    fn percent(&mut self, percent: usize) -> bool {
        self.manner.as_mut().is_some_and(|dice| dice.percent(percent))
    }

    fn entries<'a>(&mut self, table: &'a Table) -> Vec<(&'a String, &'a Value)> {
        let mut entries: Vec<_> = table.iter().collect();
        if let Some(dice) = &mut self.manner {
            dice.shuffle(&mut entries);
        }
        entries
    }

    /// Values first, as TOML demands, then the tables as sections of their own.
    fn section(&mut self, text: &mut String, path: &[String], table: &Table) {
        let mut sections = Vec::new();
        for (key, value) in self.entries(table) {
            match value {
                Value::Table(inner) if self.is_section(path, inner) => sections.push((key, vec![inner])),
                Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_table) && !self.percent(30) => {
                    sections.push((key, items.iter().filter_map(Value::as_table).collect()));
                }
                _ => {
                    let line = self.line(key, value);
                    text.push_str(&line);
                    text.push_str(if self.percent(15) { " # a comment\n" } else { "\n" });
                }
            }
        }
        for (key, tables) in sections {
            let path: Vec<String> = path.iter().cloned().chain([self.key(key)]).collect();
            let (open, close) = if table[key].is_array() { ("[[", "]]") } else { ("[", "]") };
            for inner in tables {
                let comment = if self.percent(30) { "\n\n# a comment\n" } else { "" };
                text.extend([comment, open, &path.join("."), close, "\n"]);
                self.section(text, &path, inner);
            }
        }
    }

    /// People write every table as a section but the entry of one dependency and what is inherited.
    fn is_section(&mut self, path: &[String], table: &Table) -> bool {
        let entry = path.last().is_some_and(|it| it.ends_with("dependencies"))
            || table.contains_key("workspace") && !path.is_empty();
        if entry { self.percent(20) } else { !self.percent(10) }
    }

    fn line(&mut self, key: &str, value: &Value) -> String {
        let key = self.key(key);
        match value {
            Value::Table(inner) if inner.len() == 1 && self.percent(30) => {
                let (last, value) = inner.iter().next().expect("it has one entry");
                format!("{key}.{} = {}", self.key(last), self.inline(value))
            }
            _ => format!("{key}{}= {}", if self.percent(30) { "   " } else { " " }, self.inline(value)),
        }
    }

    fn key(&mut self, key: &str) -> String {
        let bare = key.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_');
        match (bare, self.percent(10)) {
            (true, false) => key.to_owned(),
            _ => Value::String(key.to_owned()).to_string(),
        }
    }

    fn inline(&mut self, value: &Value) -> String {
        match value {
            Value::String(it) if self.percent(20) => {
                let escaped: String = it
                    .chars()
                    .map(|c| if c == '-' { "\\u002d".to_owned() } else { c.escape_default().to_string() })
                    .collect();
                format!("\"{escaped}\"")
            }
            Value::Array(items) => {
                let long = self.percent(20);
                let items: Vec<String> = items.iter().map(|it| self.inline(it)).collect();
                if long {
                    format!("[\n    {},\n]", items.join(",\n    ")).replace("[\n    ,\n]", "[\n]")
                } else {
                    format!("[{}]", items.join(", "))
                }
            }
            Value::Table(table) => {
                let entries: Vec<String> = self
                    .entries(table)
                    .into_iter()
                    .map(|(key, value)| format!("{} = {}", self.key(key), self.inline(value)))
                    .collect();
                format!("{{ {} }}", entries.join(", "))
            }
            _ => value.to_string(),
        }
    }
}

/// Old spellings of keys, which editions before 2024 take for the new ones.
pub fn with_underscores(table: &mut Table) {
    for new in ["dev-dependencies", "build-dependencies", "default-features", "crate-type", "proc-macro"] {
        if let Some(value) = table.remove(new) {
            table.insert(new.replace('-', "_"), value);
        }
    }
    table.iter_mut().filter_map(|(_, it)| it.as_table_mut()).for_each(with_underscores);
}
