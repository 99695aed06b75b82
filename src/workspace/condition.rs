//! Conditions on platforms: always, never, or terms like `cfg(unix)`.
//!
//! In: the platforms of manifests. Out: a [`Condition`], a set of alternatives. Each alternative is
//! a set of platforms that must all match. No alternative implies another one. The form is
//! therefore canonical, except for logic that needs knowledge of platforms (see `platform.rs`). A
//! condition with more than `MOST` alternatives becomes "always" and is marked as coarse. Touches
//! nothing.

use std::collections::BTreeSet;
use std::fmt;

/// Where a platform is judged. cargo judges everything below a build script or a proc-macro on the
/// host (`deps` in cargo's `core/resolver/features.rs`, `core/compiler/unit_dependencies.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The platform that cargo builds for.
    Target,
    /// The platform that cargo runs on.
    Host,
}

/// One platform as written in `[target.'…'.dependencies]`, in cargo's own spelling, and where it is
/// judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Atom {
    /// Where it is judged.
    pub side: Side,
    /// `cfg(…)`, or a target triple.
    pub platform: String,
}

/// Platforms that must all match.
pub type Chain = BTreeSet<Atom>;

/// The largest number of alternatives in one condition. The number can double with every package on
/// a path. Real workspaces need far fewer.
const MOST: usize = 32;

/// A set of alternatives, of which one must hold. No chain means never, one empty chain means
/// always.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    chains: BTreeSet<Chain>,
    /// Whether it had too many alternatives, and therefore holds on more platforms than it should.
    is_coarse: bool,
}

impl Condition {
    /// Returns the condition that holds on every platform.
    pub fn always() -> Self {
        Condition { chains: BTreeSet::from([Chain::new()]), is_coarse: false }
    }

    /// Returns the condition that holds on no platform.
    pub fn never() -> Self {
        Condition::default()
    }

    /// Returns the condition that holds if all of these platforms match.
    pub fn all_of(atoms: impl IntoIterator<Item = Atom>) -> Self {
        Condition { chains: BTreeSet::from([atoms.into_iter().collect()]), is_coarse: false }
    }

    /// Returns whether it holds on no platform.
    pub fn is_never(&self) -> bool {
        self.chains.is_empty()
    }

    /// Returns whether it holds on every platform.
    pub fn is_always(&self) -> bool {
        self.chains.iter().next().is_some_and(Chain::is_empty)
    }

    /// Returns whether it had too many alternatives, and therefore holds on too many platforms.
    pub fn is_coarse(&self) -> bool {
        self.is_coarse
    }

    /// Returns the alternatives, none of which implies another.
    pub fn chains(&self) -> impl Iterator<Item = &Chain> {
        self.chains.iter()
    }

    /// Returns whether this holds wherever `chain` does.
    pub fn holds_under(&self, chain: &Chain) -> bool {
        self.chains.iter().any(|own| own.is_subset(chain))
    }

    /// Returns the condition that holds if both hold.
    pub fn and(&self, other: &Self) -> Self {
        if self.is_never() || other.is_always() {
            return self.clone();
        }
        if other.is_never() || self.is_always() && !self.is_coarse {
            return other.clone();
        }
        if self.is_coarse || other.is_coarse {
            return Condition { is_coarse: true, ..Condition::always() };
        }
        let mut both = Condition::never();
        for a in &self.chains {
            for b in &other.chains {
                both.add_chain(a | b);
            }
        }
        both
    }

    /// Makes this hold also where `other` does. Returns whether anything changed.
    pub fn add(&mut self, other: &Self) -> bool {
        if self.is_always() {
            return false;
        }
        let mut changed = other.is_coarse && !self.is_coarse;
        self.is_coarse |= other.is_coarse;
        for chain in &other.chains {
            changed |= self.add_chain(chain.clone());
        }
        changed
    }

    /// Keeps only the alternatives for which `keep` returns `true`.
    pub fn retain(&mut self, keep: impl Fn(&Chain) -> bool) {
        self.chains.retain(keep);
    }

    fn add_chain(&mut self, chain: Chain) -> bool {
        if self.holds_under(&chain) {
            return false;
        }
        self.chains.retain(|own| !own.is_superset(&chain));
        self.chains.insert(chain);
        if self.chains.len() > MOST {
            *self = Condition { is_coarse: true, ..Condition::always() };
        }
        true
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_never() {
            return f.write_str("never");
        }
        let chain = |c: &Chain| match c.len() {
            0 => "always".to_owned(),
            _ => c.iter().map(|a| format!("{:?}:{}", a.side, a.platform)).collect::<Vec<_>>().join(" & "),
        };
        f.write_str(&self.chains.iter().map(chain).collect::<Vec<_>>().join(" | "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(platform: &str) -> Condition {
        Condition::all_of([Atom { side: Side::Target, platform: platform.to_owned() }])
    }

    fn or(a: &Condition, b: &Condition) -> Condition {
        let mut sum = a.clone();
        sum.add(b);
        sum
    }

    #[test]
    fn a_weaker_alternative_absorbs_a_stronger_one() {
        let (unix, linux) = (on("cfg(unix)"), on("linux"));
        assert_eq!(or(&unix.and(&linux), &unix), unix);
        assert_eq!(or(&unix, &Condition::always()), Condition::always());
        assert_eq!(or(&unix, &Condition::never()), unix);
    }

    #[test]
    fn too_many_alternatives_are_taken_for_always() {
        let mut many = Condition::never();
        for i in 0..MOST {
            many.add(&on(&format!("cfg(x{i})")));
        }
        assert!(!many.is_always() && !many.is_coarse(), "so many are told apart");
        let product = many.and(&or(&on("cfg(a)"), &on("cfg(b)")));
        assert!(product.is_always() && product.is_coarse());
        assert!(product.and(&on("cfg(a)")).is_coarse() && !product.and(&Condition::never()).is_coarse());
        many.add(&on("cfg(one_more)"));
        assert!(many.is_always() && many.is_coarse());
    }

    #[test]
    fn conjunction_distributes_over_alternatives() {
        let (a, b, c) = (on("a"), on("b"), on("c"));
        assert_eq!(or(&a, &b).and(&c), or(&a.and(&c), &b.and(&c)));
        assert_eq!(a.and(&Condition::never()), Condition::never());
        assert_eq!(a.and(&Condition::always()), a);
        assert_eq!(a.and(&a), a);
    }
}
