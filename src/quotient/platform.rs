//! Decides platform conditions.
//!
//! In: conditions as manifests contain them, and the known platforms of a recipe. Out: whether the
//! conditions hold, if that does not depend on an unknown. `cfg-expr`'s table replaces rustc's
//! answers for a triple. Conditions on anything else (`target_feature`, `--cfg` of the user) stay
//! open. Touches nothing.

use crate::config::is_specification;
use crate::triple;
use crate::workspace::condition::{Atom, Condition, Side};
use crate::workspace::scope::Scope;
use cargo_platform::{Cfg, CfgExpr, Platform};
use cfg_expr::targets::{Family, TargetInfo, get_builtin_target_by_triple};
use std::str::FromStr;
use toml::{Table, Value};

/// The platforms that a recipe is for.
#[derive(Clone, Debug, Default)]
pub struct Platforms {
    targets: Vec<String>,
    host: Option<String>,
}

/// The meaning of a condition.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Whether the dependency is built. Each platform counts alone.
    Built,
    /// Whether its features count. If one platform matches, they count for all
    /// (`platform_activated` in cargo's `core/resolver/features.rs`).
    Activated,
}

impl Platforms {
    /// Returns the platforms that a scope names: `--target`, else `build.target` of the config,
    /// else the host if it is known.
    pub fn new(scope: &Scope, host: Option<&str>, config: &Table) -> Self {
        let configured = match config.get("build").and_then(|b| b.get("target")) {
            Some(Value::String(target)) => vec![target.clone()],
            Some(Value::Array(targets)) => targets.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let mut targets = if scope.target.is_empty() { configured } else { scope.target.clone() };
        targets.extend(host.filter(|_| targets.is_empty()).map(str::to_owned));
        for target in &mut targets {
            // Since Rust 1.91, this means the host. If the host is unknown, nothing can be decided.
            if let ("host-tuple", Some(host)) = (target.as_str(), host) {
                *target = host.to_owned();
            }
            *target = triple::without_glibc(target).to_owned();
        }
        Platforms { targets, host: host.map(str::to_owned) }
    }

    /// Returns the condition of a dependency in `[target.'platform']`, judged on `side`.
    pub fn condition(&self, platform: Option<&str>, side: Side, question: Question) -> Condition {
        let Some(platform) = platform else { return Condition::always() };
        let triples: Vec<&str> = match side {
            Side::Target => self.targets.iter().map(String::as_str).collect(),
            Side::Host => self.host.as_deref().into_iter().collect(),
        };
        let answers: Vec<Option<bool>> = triples.iter().map(|t| decide(platform, t)).collect();
        let is = |answer: bool| !answers.is_empty() && answers.iter().all(|a| *a == Some(answer));
        if is(true) || question == Question::Activated && answers.contains(&Some(true)) {
            return Condition::always();
        }
        if is(false) {
            return Condition::never();
        }
        let atom = |platform: String| Atom { side, platform };
        // `all(a, b)` becomes two conditions, so that nested and combined tables have the same
        // form.
        match Platform::from_str(platform) {
            Ok(Platform::Cfg(CfgExpr::All(parts))) if !parts.is_empty() => {
                Condition::all_of(parts.iter().map(|p| atom(format!("cfg({p})"))))
            }
            _ => Condition::all_of([atom(platform.to_owned())]),
        }
    }

    /// Returns whether a table `[target.KEY]` of a config can affect units for the targets.
    pub fn concerns_targets(&self, key: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|triple| decide(key, triple) != Some(false))
    }

    /// Returns whether a table `[target.KEY]` of a config can affect units for the host.
    pub fn concerns_host(&self, key: &str) -> bool {
        self.host.as_deref().is_none_or(|triple| decide(key, triple) != Some(false))
    }
}

/// Returns whether the platform `condition` matches the target `triple`, or `None` if that is
/// unknown.
fn decide(condition: &str, triple: &str) -> Option<bool> {
    if is_specification(triple) {
        return None;
    }
    match Platform::from_str(condition).ok()? {
        Platform::Name(name) => Some(name == triple),
        Platform::Cfg(expression) => evaluate(&expression, get_builtin_target_by_triple(triple)?),
    }
}

/// Evaluates an expression in three-valued logic: an unknown part matters only if the known ones do
/// not decide.
fn evaluate(expression: &CfgExpr, target: &TargetInfo) -> Option<bool> {
    let all = |parts: &[CfgExpr], unit: bool| {
        let answers: Vec<_> = parts.iter().map(|p| evaluate(p, target)).collect();
        match () {
            () if answers.contains(&Some(!unit)) => Some(!unit),
            () if answers.contains(&None) => None,
            () => Some(unit),
        }
    };
    match expression {
        CfgExpr::Not(inner) => evaluate(inner, target).map(|is| !is),
        CfgExpr::All(parts) => all(parts, true),
        CfgExpr::Any(parts) => all(parts, false),
        CfgExpr::Value(cfg) => holds(cfg, target),
        CfgExpr::True => Some(true),
        CfgExpr::False => Some(false),
    }
}

/// Evaluates one `name` or `name = "value"`, as `rustc --print cfg --target …` answers.
fn holds(cfg: &Cfg, target: &TargetInfo) -> Option<bool> {
    let in_family = |name: &str| target.families.contains(&Family::new(name.to_owned()));
    match cfg {
        Cfg::Name(name) => match name.as_str() {
            "unix" | "windows" => Some(in_family(name.as_str())),
            _ => None,
        },
        Cfg::KeyPair(key, value) => match key.as_str() {
            "target_os" => Some(target.os.as_ref().map_or("none", |os| os.as_str()) == value),
            "target_arch" => Some(target.arch.as_str() == value),
            "target_env" => Some(target.env.as_ref().map_or("", |env| env.as_str()) == value),
            "target_abi" => Some(target.abi.as_ref().map_or("", |abi| abi.as_str()) == value),
            "target_vendor" => Some(target.vendor.as_ref().map_or("unknown", |v| v.as_str()) == value),
            "target_family" => Some(in_family(value)),
            "target_pointer_width" => Some(target.pointer_width.to_string() == *value),
            "target_endian" => Some(format!("{:?}", target.endian) == *value),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(condition: &str, triple: &str, expected: Option<bool>) {
        assert_eq!(decide(condition, triple), expected, "{condition} on {triple}");
    }

    #[test]
    fn conditions_are_decided_for_known_triples() {
        let linux = "x86_64-unknown-linux-gnu";
        check("cfg(unix)", linux, Some(true));
        check("cfg(windows)", linux, Some(false));
        check("cfg(target_family = \"unix\")", linux, Some(true));
        check("cfg(target_env = \"gnu\")", linux, Some(true));
        check("cfg(target_endian = \"little\")", linux, Some(true));
        check("cfg(target_pointer_width = \"64\")", linux, Some(true));
        check("cfg(target_os = \"none\")", "thumbv7em-none-eabihf", Some(true));
        check(linux, linux, Some(true));
        check("x86_64-pc-windows-msvc", linux, Some(false));
    }

    #[test]
    fn a_version_of_glibc_after_a_triple_changes_no_condition() {
        let linux = "x86_64-unknown-linux-gnu";
        let scope = Scope { target: vec![format!("{linux}.2.17")], ..Scope::default() };
        let platforms = Platforms::new(&scope, None, &Table::new());
        let of = |platform: &str| platforms.condition(Some(platform), Side::Target, Question::Built);
        assert_eq!(of("cfg(windows)"), Condition::never());
        assert_eq!(of("cfg(target_env = \"gnu\")"), Condition::always());
        assert_eq!(of(linux), Condition::always());
    }

    #[test]
    fn what_is_not_known_stays_open_unless_it_does_not_matter() {
        let linux = "x86_64-unknown-linux-gnu";
        check("cfg(tokio_unstable)", linux, None);
        check("cfg(target_feature = \"sse2\")", linux, None);
        check("cfg(all(windows, tokio_unstable))", linux, Some(false));
        check("cfg(any(unix, tokio_unstable))", linux, Some(true));
        check("cfg(not(any(windows, tokio_unstable)))", linux, None);
        check("cfg(unix)", "my-own-target", None);
    }
}
