//! The ways in which cargo compiles a unit, as far as they matter to third-party packages.
//!
//! In: the crate types of local units, and what the units above want. Out: [`Class`]es, and the flags
//! for link-time optimization that a unit hands down. Touches nothing.

use crate::workspace::condition::Condition;
use std::collections::BTreeMap;

/// What link-time optimization wants of a unit: cargo's `OnlyBitcode`, `OnlyObject` and `ObjectAndBitcode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lto {
    /// Below binaries and plain libraries.
    Bitcode,
    /// Below a dylib.
    Object,
    /// Below a library that is, for instance, both cdylib and rlib.
    Both,
}

/// Whether units below may abort on panic. Tests and all they are built from unwind (`UnitFor::new_test`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Panic {
    /// As the profile says.
    Profile,
    /// Always unwinding.
    Unwind,
}

/// How far a unit for the host is compiled. What is built for the target is compiled alike in one build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Emit {
    /// To code: what build scripts and proc-macros run on.
    Code,
    /// To metadata: below a proc-macro that `cargo check` itself selects.
    Metadata,
}

/// The way in which a third-party package is built below local units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// For the target.
    Target(Panic, Lto),
    /// For the host: below build scripts and proc-macros, which always unwind.
    Host(Emit, Lto),
}

/// What a library of these crate types hands down when the unit above wants `parent` (`calculate` in `lto.rs`). Nothing is
/// optimized across crates for a proc-macro or a build script.
pub fn below(parent: Lto, crate_types: &[String]) -> Lto {
    let is = |names: &[&str], t: &String| names.contains(&t.as_str());
    if crate_types.iter().any(|t| t == "proc-macro") {
        return Lto::Object;
    }
    if crate_types.iter().all(|t| is(&["bin", "staticlib", "cdylib"], t)) {
        return Lto::Bitcode;
    }
    let needs_object = crate_types.iter().any(|t| is(&["bin", "staticlib", "cdylib", "dylib"], t));
    match (parent, needs_object) {
        (Lto::Bitcode, true) if crate_types.iter().all(|t| t == "dylib") => Lto::Object,
        (Lto::Bitcode, true) => Lto::Both,
        (parent, _) => parent,
    }
}

/// When a unit is wanted as bitcode and as object, so that it has to be both.
fn both<C: Ord>(classes: &BTreeMap<C, Condition>, class: impl Fn(Lto) -> C) -> Condition {
    let of = |lto| classes.get(&class(lto)).cloned().unwrap_or_default();
    let mut both = of(Lto::Both);
    both.add(&of(Lto::Bitcode).and(&of(Lto::Object)));
    both
}

pub fn unite(classes: &mut BTreeMap<Lto, Condition>) {
    let both = both(classes, |lto| lto);
    if !both.is_never() {
        classes.insert(Lto::Both, both);
    }
}

pub fn unite_lto(classes: &mut BTreeMap<Class, Condition>) {
    let target = |panic| move |lto| Class::Target(panic, lto);
    let host = |emit| move |lto| Class::Host(emit, lto);
    let contexts: [&dyn Fn(Lto) -> Class; 4] =
        [&target(Panic::Profile), &target(Panic::Unwind), &host(Emit::Code), &host(Emit::Metadata)];
    for class in contexts {
        let both = both(classes, class);
        if both.is_never() {
            continue;
        }
        for lto in [Lto::Bitcode, Lto::Object] {
            if let Some(condition) = classes.get_mut(&class(lto)) {
                condition.retain(|chain| !both.holds_under(chain));
            }
        }
        classes.insert(class(Lto::Both), both);
    }
    classes.retain(|_, condition| !condition.is_never());
}
