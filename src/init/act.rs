//! Files are compared, printed, and written.
//!
//! In: [`File`]s and the directory of the context. Out: files on disk, or text and differences on
//! stdout. It replaces a file only with `--force`, and then as a whole.

use super::written::{self, File, Outcome, Own};
use super::{diff, from};
use crate::cli::Init;
use crate::disk;
use crate::error::{Result, fail};
use crate::path;
use crate::report::Report;
use crate::shell;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Shows what becomes of a Dockerfile that uses cargo-chef, and writes it with `--force`.
///
/// # Errors
/// There is no such file, it does not use cargo-chef, or it cannot be written.
pub fn convert(named: &Path, args: &Init, here: &Path, report: Report, out: &mut dyn Write) -> Result<()> {
    let path = here.join(named);
    let name = named.display().to_string();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => fail!("cannot read `{name}`: {}", disk::cause(&error)),
    };
    let converted = from::convert(&name, &text)?;
    if args.stdout.is_some() {
        return to(out, &converted.text);
    }
    to(out, &diff::unified(&name, &text, &converted.text))?;
    converted.notes.iter().for_each(|note| report.note(note));
    if !args.force {
        let words = ["cargo", "larder", "init", "--from", &name, "--force"];
        report.note(&format!("nothing is written\nhelp: run `{}` to write it", shell::line(words)));
        return Ok(());
    }
    if let Err(error) = disk::write_whole(&path, converted.text.as_bytes()) {
        fail!("cannot write `{name}`: {}", disk::cause(&error));
    }
    report.done("Wrote", &name);
    Ok(())
}

fn to(out: &mut dyn Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints the files, or one of them.
///
/// # Errors
/// There is no file of this name.
pub fn print(files: &[File], only: Option<&str>, out: &mut dyn Write) -> Result<()> {
    let text = match only {
        None => files.iter().map(|file| format!("==> {} <==\n{}", file.path, file.text)).collect::<Vec<_>>().join("\n"),
        Some(path) => {
            let Some(file) = files.iter().find(|file| file.path == path) else {
                let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.path)).collect();
                fail!("`--stdout={path}` names no file that is made\nhelp: these are: {}", names.join(", "))
            };
            file.text.clone()
        }
    };
    to(out, &text)
}

fn present(file: &File, context: &Path) -> Option<String> {
    std::fs::read(context.join(&file.path)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Fails unless every file is there and up to date.
///
/// # Errors
/// A file is missing, out of date, or not made by `init`.
pub fn check(
    files: &[File],
    context: &Path,
    here: &Path,
    args: &Init,
    report: Report,
    out: &mut dyn Write,
) -> Result<()> {
    let mut wrong = Vec::new();
    for file in files {
        let present = present(file, context);
        let name = path::display(&context.join(&file.path), here);
        match written::outcome(present.as_deref(), &file.text) {
            Outcome::Same | Outcome::Edited => report.done("Checked", &format!("{name} is up to date")),
            Outcome::Foreign if file.own == Own::Serves => {
                report.done("Checked", &format!("{name} is not made by init"));
            }
            Outcome::Missing => wrong.push(format!("`{name}` is missing")),
            Outcome::Foreign => wrong.push(format!("`{name}` is not made by `cargo larder init`")),
            Outcome::Outdated => {
                wrong.push(format!("`{name}` is out of date"));
                let _ = out.write_all(diff::unified(&name, &present.unwrap_or_default(), &file.text).as_bytes());
            }
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let words = args.words().into_iter().chain(["--force".to_owned()]);
    fail!("{}\nhelp: run `{}`", wrong.join("\n"), shell::line(words))
}

/// Writes the files that do not exist, and with `--force` all others, too.
///
/// # Errors
/// A file exists, or cannot be written.
pub fn write(files: &[File], context: &Path, here: &Path, args: &Init, report: Report) -> Result<()> {
    let outcomes: Vec<Outcome> =
        files.iter().map(|file| written::outcome(present(file, context).as_deref(), &file.text)).collect();
    let name = |file: &File| path::display(&context.join(&file.path), here);
    let stays = |file: &File, outcome: Outcome| {
        !args.force && file.own == Own::Stands && !matches!(outcome, Outcome::Missing | Outcome::Same)
    };
    let standing: Vec<String> = files
        .iter()
        .zip(&outcomes)
        .filter(|(file, outcome)| stays(file, **outcome))
        .map(|(file, _)| format!("`{}`", name(file)))
        .collect();
    if !standing.is_empty() {
        let verb = if standing.len() == 1 { "exists" } else { "exist" };
        let words = |flag: &str| shell::line(args.words().into_iter().chain([flag.to_owned()]));
        fail!(
            "{} {verb}, and nothing is written\nhelp: run `{}` to replace it, or `{}` to see what would be written",
            standing.join(" and "),
            words("--force"),
            words("--stdout")
        );
    }
    for (file, outcome) in files.iter().zip(outcomes) {
        let path = context.join(&file.path);
        let replaces = args.force && outcome != Outcome::Same;
        if outcome != Outcome::Missing && !replaces {
            let state = if outcome == Outcome::Same { "unchanged" } else { "kept" };
            report.done("Kept", &format!("{} ({state})", name(file)));
            continue;
        }
        if present(file, context).is_some_and(|text| written::is_edited(&text)) {
            report.warning(&format!("`{}` had changes that `init` did not make; they are replaced", name(file)));
        }
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        if let Err(error) = written.and_then(|()| disk::write_whole(&path, file.text.as_bytes())) {
            fail!("cannot write `{}`: {}", name(file), disk::cause(&error));
        }
        report.done("Wrote", &name(file));
    }
    Ok(())
}
