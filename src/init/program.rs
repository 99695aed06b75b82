//! Replaces the program cargo-chef in a Dockerfile.
//!
//! In: the text of a Dockerfile. Out: the same stages with the program of cargo-larder, from its
//! image, and a note if it is not clear where cargo-chef comes from. Touches nothing.

use super::commands::words;

/// The images of cargo-chef, which are official Rust images with it installed.
const IMAGE: &str = "lukemathwalker/cargo-chef:";

const COPY: &str = "COPY --from=larder /cargo-larder /usr/local/cargo/bin/";
const LARDER: &str = "ARG LARDER=cargo-larder\nFROM ${LARDER} AS larder\n\n";

/// The text with the program from the image of cargo-larder, instead of cargo-chef.
pub(super) fn with_program(text: &str, notes: &mut Vec<String>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let (mut copied, mut named) = (false, None);
    for line in logical_lines(text) {
        let word = line.split_whitespace().next().unwrap_or_default().to_uppercase();
        if word == "ARG" && line.contains(IMAGE) {
            named = line.split_whitespace().nth(1).and_then(|it| it.split('=').next()).map(str::to_owned);
        }
        let of_chef = line.contains(IMAGE)
            || named
                .as_ref()
                .is_some_and(|name| line.contains(&format!("${{{name}}}")) || line.contains(&format!("${name}")));
        match word.as_str() {
            "FROM" if of_chef => {
                lines.push(rust_image(&line));
                lines.push(COPY.to_owned());
                copied = true;
            }
            "ARG" if of_chef => lines.push(rust_image(&line)),
            "RUN" if installs(&line) => {
                lines.push(COPY.to_owned());
                lines.extend(without_install(&line));
                copied = true;
            }
            _ => lines.push(line),
        }
    }
    if !copied {
        notes.push(format!("it is not clear where cargo-chef comes from; add `{COPY}` to the stage that installs it"));
    }
    let first = lines.iter().position(|line| line.trim_start().to_uppercase().starts_with("FROM "));
    if let Some(first) = first {
        lines.insert(first, LARDER.trim_end_matches('\n').to_owned() + "\n");
    }
    lines.join("\n") + "\n"
}

/// Lines, with those that a backslash continues as one.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        match lines.last_mut() {
            Some(last) if goes_on => last.extend(["\n", line]),
            _ => lines.push(line.to_owned()),
        }
        goes_on = line.trim_end().ends_with('\\') && !line.trim_start().starts_with('#');
    }
    lines
}

/// The line with the official image that an image of cargo-chef is made from:
/// `cargo-chef:latest-rust-1.85-slim` is `rust:1.85-slim`.
fn rust_image(line: &str) -> String {
    let Some((before, rest)) = line.split_once(IMAGE) else { return line.to_owned() };
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let tag = rest[..end].split_once("rust-").map_or("1", |(_, tag)| tag);
    format!("{before}rust:{tag}{}", &rest[end..])
}

fn is_install(command: &str) -> bool {
    let words = words(command);
    let installs = words.windows(2).any(|pair| pair[0] == "cargo" && (pair[1] == "install" || pair[1] == "binstall"));
    installs && words.iter().any(|word| *word == "cargo-chef" || word.starts_with("cargo-chef@"))
}

fn installs(line: &str) -> bool {
    line.split("&&").any(is_install)
}

/// The step without the command that installs cargo-chef; nothing if that was all.
fn without_install(line: &str) -> Option<String> {
    let body = line.trim_start().get(3..).unwrap_or_default();
    let kept: Vec<&str> = body.split("&&").filter(|command| !is_install(command)).map(tidy).collect();
    (!kept.is_empty()).then(|| format!("RUN {}", kept.join(" \\\n    && ")))
}

/// A command without the spaces and the backslash that separate it from the next one.
fn tidy(command: &str) -> &str {
    command.trim_matches(|c: char| c.is_whitespace() || c == '\\')
}
