//! One difference between two recipes, as a value.
//!
//! In: nothing. Out: [`Change`], which `diff` makes, and `text` and `json` print. Touches nothing.

use crate::recipe::secrets::without_credentials;
use serde::Serialize;
use std::collections::BTreeSet;

/// What differs. The order is that of the output for changes that touch equally many packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The version of the recipe format.
    Format,
    /// The build that the recipe is for.
    Build,
    /// `prepare --host`.
    Host,
    /// A key of the toolchain file.
    Toolchain,
    /// `resolver`.
    Resolver,
    /// A key of a profile.
    Profile,
    /// A key of cargo's config.
    Config,
    /// A variable in `[env]` of the config.
    Env,
    /// `cargo-features`.
    CargoFeatures,
    /// A package has another version.
    Updated,
    /// A package has the same version from another source.
    Source,
    /// A package has the same version and source, and another checksum.
    Checksum,
    /// A package that local packages require is new.
    New,
    /// A package that local packages required is gone.
    Gone,
    /// Other features of a package are required.
    Features,
    /// A package is required in more or fewer places.
    Required,
    /// A package is required with other keys, such as `public` or `registry`.
    Declared,
    /// A package depends on other packages, with the same version.
    Dependencies,
    /// `[patch]`.
    Patch,
    /// `[replace]`.
    Replace,
    /// The files of a carried package.
    Carried,
    /// A member, in an unscoped recipe.
    Member,
    /// A feature of a member.
    MemberFeature,
    /// A target of a member.
    MemberTarget,
    /// Another key of a member's manifest.
    MemberKey,
    /// A key of the workspace.
    Workspace,
    /// A setting that `cook` needs to find places, or to work offline.
    Setting,
    /// The version of the lockfile's format.
    Lockfile,
    /// The same content in other bytes.
    Form,
}

/// One difference. Which fields are used depends on the kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What differs.
    pub kind: Kind,
    /// The package, key, or file.
    pub subject: String,
    /// Whether the subject is a local package.
    #[serde(skip_serializing_if = "is_false")]
    pub local: bool,
    /// Its value or version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// Its value or version now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// What it gains: features, places, dependencies, files.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub gained: BTreeSet<String>,
    /// What it loses.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub lost: BTreeSet<String>,
    /// For what, if not for every use: `for the host`, `under cfg(unix)`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// The local packages that require it, if known.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub asked_by: BTreeSet<String>,
    /// New packages that come with it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub brings: BTreeSet<String>,
    /// Packages that are gone because of it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub drops: BTreeSet<String>,
    /// The number of third-party packages that are compiled again because of it, at most.
    pub touches: usize,
    /// These packages, by their indices in the new lockfile.
    #[serde(skip)]
    pub touched: BTreeSet<usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Change {
    /// Returns a change of this kind that touches no package.
    pub fn new(kind: Kind, subject: impl AsRef<str>) -> Self {
        Change {
            kind,
            subject: without_credentials(subject.as_ref()),
            local: false,
            old: None,
            new: None,
            gained: BTreeSet::new(),
            lost: BTreeSet::new(),
            place: String::new(),
            asked_by: BTreeSet::new(),
            brings: BTreeSet::new(),
            drops: BTreeSet::new(),
            touches: 0,
            touched: BTreeSet::new(),
        }
    }

    /// Returns the same change with these values. Credentials in URLs are hidden.
    pub fn from_to(self, old: Option<String>, new: Option<String>) -> Self {
        let shown = |value: Option<String>| value.map(|value| without_credentials(&value));
        Change { old: shown(old), new: shown(new), ..self }
    }

    /// Returns the same change, which touches these packages of the new lockfile.
    pub fn touching(self, packages: BTreeSet<usize>) -> Self {
        Change { touches: packages.len(), touched: packages, ..self }
    }
}
