//! The words of a verification.
//!
//! In: causes, and the two builds. Out: sentences, each with a command or a setting that helps.
//! Touches nothing.

use super::cause::Cause;
use super::scopes::{Facts, changed};
use crate::prepare::command;
use crate::shell;
use crate::target::builds::{Build, ChosenBy, Setting};

/// The inputs of the words.
pub struct Context<'a> {
    /// The cooked build, if it is known.
    pub cooked: Option<&'a Build>,
    /// This one.
    pub now: &'a Build,
    /// Their differences.
    pub facts: &'a Facts,
    /// The target directory in messages.
    pub target_dir: &'a str,
    /// Whether a mount hides the cooked units.
    pub is_hidden: bool,
    /// The flag for maturin that `cook` needs, after a space, or nothing.
    pub maturin: &'a str,
}

/// Returns what is wrong, and what to do.
pub fn of(cause: &Cause, context: &Context<'_>) -> (String, String) {
    (headline(cause, context), help(cause, context))
}

fn headline(cause: &Cause, context: &Context<'_>) -> String {
    let dir = context.target_dir;
    let cooked = context.cooked.map(|build| build.words.as_str());
    match cause {
        Cause::Nothing if context.is_hidden => format!("a mount hides what was cooked into `{dir}`"),
        Cause::Nothing => format!("nothing was cooked into `{dir}`"),
        Cause::Profile(then, now) => {
            format!("cooked with profile `{}`, built with profile `{}`", profile(then), profile(now))
        }
        Cause::Target => {
            let targets = |build: Option<&Build>| match build.map(|build| build.scope.target.as_slice()) {
                None => "another `--target`".to_owned(),
                Some([]) => "no `--target`".to_owned(),
                Some(targets) => format!("`{}`", shell::line(targets.iter().flat_map(|it| ["--target", it]))),
            };
            format!("cooked with {}, built with {}", targets(context.cooked), targets(Some(context.now)))
        }
        Cause::Command => format!("cooked for `{}`, and this is `{}`", cooked.unwrap_or_default(), context.now.words),
        Cause::Features if context.facts.selection => {
            format!("cooked for `{}`, which turns on other features", cooked.unwrap_or_default())
        }
        Cause::Features if cooked.is_none() => format!("what is in `{dir}` has other features"),
        Cause::Features => "this build turns on other features than the cooked one".to_owned(),
        Cause::Missing if context.facts.selection => {
            format!("cooked for `{}`, which does not need these crates", cooked.unwrap_or_default())
        }
        Cause::Missing if cooked.is_none() => format!("these crates were not cooked into `{dir}`"),
        Cause::Missing => "the recipe that was cooked does not have these crates".to_owned(),
        Cause::Version => "`Cargo.lock` has other versions than the recipe that was cooked".to_owned(),
        Cause::Settings => settings(context, "settings of the profile differ", "profile."),
        Cause::Rustflags(then, now) => {
            let by = |side: usize, flags: &str| {
                let said = differing(context, "rustflags").into_iter().find_map(|(_, both)| both[side]);
                let by = said.filter(|_| !flags.is_empty()).map(|it| format!(", by `{}`", it.by));
                by.unwrap_or_default()
            };
            let (by_then, by_now) = (by(0, then), by(1, now));
            format!("flags of rustc differ: cooked with {}{by_then}, built with {}{by_now}", flags(then), flags(now))
        }
        Cause::Rustc => {
            let rustc = |build: Option<&Build>| build.and_then(|it| it.rustc.clone()).unwrap_or("another".to_owned());
            let (then, now) = (rustc(context.cooked), rustc(Some(context.now)));
            if then == now {
                "another rustc".to_owned()
            } else {
                format!("another rustc: cooked with {then}, built with {now}")
            }
        }
        Cause::Moved(then, now) => match homes(context) {
            Some((then, now)) => format!("CARGO_HOME moved: cooked with `{then}`, built with `{now}`"),
            None => format!("the sources stand elsewhere: they were in `{then}`, and are in `{now}`"),
        },
        Cause::Linker => settings(context, "the linker differs", "linker"),
        Cause::Platform => "the specification of the platform differs".to_owned(),
        Cause::Variable(name, became) => format!("a build script watches `{name}`, which was {became} since the cook"),
        Cause::Files => "files changed after they were cooked, by their mtimes".to_owned(),
        Cause::Local(name) => format!("they need the local package `{name}`, which is compiled"),
        Cause::Unknown => "cargo does not say why".to_owned(),
    }
}

/// Returns the command that cooks for this build, and the one that also makes a new recipe.
fn commands(context: &Context<'_>) -> [String; 2] {
    let flags = shell::line(command::flags(&context.now.scope));
    let space = if flags.is_empty() { "" } else { " " };
    let cook = format!("cargo larder cook{space}{flags}{}", context.maturin);
    let both = match context.cooked.map(|cooked| cooked.chosen_by).unwrap_or_default() {
        ChosenBy::Prepare => {
            let both = format!("cargo larder prepare{space}{flags} && cargo larder cook{}", context.maturin);
            [both.clone(), both]
        }
        ChosenBy::Cook => [cook.clone(), format!("cargo larder prepare && {cook}")],
        ChosenBy::CookAlone => [cook.clone(), cook],
    };
    both.map(|command| format!("`{command}`"))
}

fn help(cause: &Cause, context: &Context<'_>) -> String {
    let [cook, again] = commands(context);
    let is_alone = context.cooked.is_some_and(|cooked| cooked.chosen_by == ChosenBy::CookAlone);
    let new = if is_alone { "cook again with" } else { "make a new recipe with" };
    let or = context.cooked.filter(|cooked| cooked.scope != context.now.scope);
    let or = or.map(|cooked| format!("\nhelp: or build with `{}`", cooked.words)).unwrap_or_default();
    match cause {
        Cause::Nothing if context.is_hidden => {
            "have the same mount in the step that cooks, or leave it out here".to_owned()
        }
        Cause::Nothing => format!("cook before it, in the same place, with {cook}"),
        Cause::Profile(..) | Cause::Target | Cause::Command => format!("cook for this build with {cook}{or}"),
        Cause::Features | Cause::Missing if context.facts.selection => {
            format!("cook for this build with {cook}{or}")
        }
        Cause::Features | Cause::Missing | Cause::Version => {
            format!("{new} {again}")
        }
        Cause::Settings => agree(context, "profile.", "give the step that cooks the same manifests and variables"),
        Cause::Rustflags(..) => agree(context, "rustflags", "give the step that cooks the same config and variables"),
        Cause::Linker => agree(context, "linker", "give the step that cooks the same config and variables"),
        Cause::Rustc => "use one toolchain for both steps, as a `rust-toolchain.toml` says one".to_owned(),
        Cause::Moved(..) => match homes(context) {
            Some((then, _)) => format!("set `CARGO_HOME={then}` for the build, too"),
            None => "have the sources in the same place when cooking".to_owned(),
        },
        Cause::Platform => "have the same file when cooking".to_owned(),
        // maturin sets these.
        Cause::Variable(name, _) if name.starts_with("PYO3_") => match context.maturin {
            "" => "if maturin runs the build, give `--maturin` to `verify` and to `cook`".to_owned(),
            _ => format!("cook for maturin with {cook}"),
        },
        Cause::Variable(name, _) => format!("set `{name}` to the same value for the step that cooks"),
        Cause::Files => "cook after the last change, or keep the mtimes when copying".to_owned(),
        Cause::Local(name) => {
            format!("{new} {again}, unless `{name}` is left to the build by its `[package.metadata.larder]`")
        }
        Cause::Unknown => "run the build with `CARGO_LOG=cargo::core::compiler::fingerprint=info`".to_owned(),
    }
}

/// Returns a profile by its directory.
fn profile(dir: &str) -> &str {
    if dir == "debug" { "dev" } else { dir }
}

fn flags(flags: &str) -> String {
    if flags.is_empty() { "none".to_owned() } else { format!("`{flags}`") }
}

/// Returns the homes of cargo, if they differ.
fn homes<'a>(context: &Context<'a>) -> Option<(&'a str, &'a str)> {
    let (then, now) = (context.cooked?.cargo_home.as_deref()?, context.now.cargo_home.as_deref()?);
    (then != now).then_some((then, now))
}

/// Returns the differing settings whose names contain a word.
fn differing<'a>(context: &Context<'a>, word: &str) -> Vec<(&'a str, [Option<&'a Setting>; 2])> {
    let Some(cooked) = context.cooked else { return Vec::new() };
    // Settings of another profile decide nothing here, unless this one inherits from it.
    let profile = match context.now.scope.profile.as_deref() {
        None | Some("dev" | "test") => Some("dev"),
        Some("release" | "bench") => Some("release"),
        Some(_) => None,
    };
    let is_used = |key: &str| {
        let name = key.strip_prefix("profile.").and_then(|rest| rest.split('.').next());
        name.is_none_or(|name| profile.is_none_or(|profile| name == profile))
    };
    let is_of = |key: &str| key.to_lowercase().contains(word) && is_used(key);
    changed(cooked, context.now).into_iter().filter(|(key, _)| is_of(key)).collect()
}

fn settings(context: &Context<'_>, what: &str, word: &str) -> String {
    let told = differing(context, word).into_iter().map(|(key, [then, now])| match (then, now) {
        (Some(then), Some(now)) => {
            format!("`{key}` was `{}` by `{}` and is `{}` by `{}`", then.value, then.by, now.value, now.by)
        }
        (None, Some(now)) => format!("`{key}` is `{}` by `{}`, and was not set", now.value, now.by),
        (then, _) => {
            let then = then.map(|then| format!("`{}` by `{}`", then.value, then.by)).unwrap_or_default();
            format!("`{key}` was {then}, and is not set")
        }
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { what.to_owned() } else { format!("{what}: {}", told.join("; ")) }
}

/// Returns the setting that the other step needs.
fn agree(context: &Context<'_>, word: &str, otherwise: &str) -> String {
    let steps = differing(context, word).into_iter().find_map(|(_, [then, now])| match (then, now) {
        (_, Some(now)) if is_variable(now) => Some(format!("give `{}` to the step that cooks, too", assigned(now))),
        (_, Some(now)) => Some(format!("have `{}` when cooking, too", now.by)),
        (Some(then), None) if is_variable(then) => Some(format!("give `{}` to the build, too", assigned(then))),
        (Some(then), None) => Some(format!("have `{}` when building, too", then.by)),
        (None, None) => None,
    });
    steps.unwrap_or_else(|| otherwise.to_owned())
}

fn is_variable(setting: &Setting) -> bool {
    setting.by.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Returns a variable as a user would write it.
fn assigned(setting: &Setting) -> String {
    format!("{}={}", setting.by, shell::word(&setting.value))
}
