//! The ways in which cargo compiles a unit, as far as they matter to third-party packages.
//!
//! In: the crate types of local units, and what the units above them need. Out: [`Class`]es, and
//! the flags for link-time optimization of the units below. Touches nothing.

use crate::workspace::condition::Condition;
use std::collections::BTreeMap;

/// What link-time optimization needs from a unit: cargo's `OnlyBitcode`, `OnlyObject`, and
/// `ObjectAndBitcode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lto {
    /// Below binaries and plain libraries.
    Bitcode,
    /// Below a dylib.
    Object,
    /// Below a library that is, for example, both cdylib and rlib.
    Both,
}

/// Whether units below may abort on panic. Tests and everything below them unwind
/// (`UnitFor::new_test`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Panic {
    /// As the profile sets it.
    Profile,
    /// They always unwind.
    Unwind,
}

/// How far a unit for the host is compiled. All units for the target of one build are compiled
/// equally far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Emit {
    /// To code, because a build script or a proc-macro runs it.
    Code,
    /// To metadata, below a proc-macro that `cargo check` selects.
    Metadata,
}

/// The way in which cargo compiles a third-party package below local units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// For the target.
    Target(Panic, Lto),
    /// For the host: below build scripts and proc-macros, which always unwind.
    Host(Emit, Lto),
}

/// Returns what a library of these crate types needs from the units below it, if the unit above
/// needs `parent` from it (`calculate` in `lto.rs`). Proc-macros and build scripts are not
/// optimized across crates.
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

/// Returns when a unit is needed as bitcode and as object, and must therefore be both.
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
