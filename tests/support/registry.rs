//! A local registry of small crates that replaces crates.io, offline. The `config.toml` in a
//! `CARGO_HOME` of the tests replaces crates.io by a directory source. Neither a workspace nor a
//! recipe names its path.
//!
//! Every crate compiles (its library is empty), so the registry serves real builds too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// One version of one crate; `manifest` is what follows its name, version and edition.
pub struct Crate {
    pub name: &'static str,
    pub version: &'static str,
    manifest: &'static str,
}

const fn krate(name: &'static str, version: &'static str, manifest: &'static str) -> Crate {
    Crate { name, version, manifest }
}

const ALPHA_0: &str = "[features]\ndefault = ['std']\nstd = []\nextra = []\n";
const ALPHA_1: &str = "
    [features]\ndefault = ['std']\nstd = ['beta?/std']\nalloc = []\nderive = ['dep:epsilon-derive']\nextra = ['beta/simd']
    [dependencies]\nbeta = { version = '1', optional = true, default-features = false }
    epsilon-derive = { version = '1', optional = true }\n";
const BETA_1: &str = "
    [features]\ndefault = ['std']\nstd = ['lambda?/std']\nsimd = []\nos = ['dep:lambda']
    [target.'cfg(unix)'.dependencies]\nlambda = { version = '0.2', optional = true, default-features = false }
    [target.'cfg(windows)'.dependencies]\nwin-mu = { version = '0.5', features = ['win-ui'] }\n";
const ZETA_1: &str = "
    [features]\nfull = ['eta/b']
    [dependencies]\neta = { version = '1', default-features = false }
    [target.x86_64-unknown-linux-gnu.dependencies]\nlambda = { version = '0.2', features = ['extra_traits'] }\n";
const DERIVE: &str = "
    [lib]\nproc-macro = true
    [features]\nfull = ['zeta/full']
    [dependencies]\nzeta = '1'\neta = { version = '1', default-features = false }\n";

/// The registry. Versions that a caret requirement takes for each other have the same features.
pub const CRATES: &[Crate] = &[
    krate("alpha", "0.1.0", ALPHA_0),
    krate("alpha", "0.1.1", ALPHA_0),
    krate("alpha", "0.2.0", "[features]\ndefault = ['std']\nstd = []\n[dependencies]\neta = { version = '1', optional = true }\n"),
    krate("alpha", "1.0.0", ALPHA_1),
    krate("alpha", "1.1.0", ALPHA_1),
    krate("beta", "1.0.0", BETA_1),
    krate("beta", "1.2.0", BETA_1),
    krate("beta", "2.0.0", "build = 'build.rs'
        [features]\ndefault = []\nstd = []\nsimd = ['alpha/extra']
        [build-dependencies]\nalpha = { version = '0.1', default-features = false }\n"),
    krate("buildkit", "1.0.0", "[features]\nparallel = ['dep:delta']
        [dependencies]\ndelta = { version = '1', optional = true }\neta = { version = '1', features = ['b'] }\n"),
    krate("delta", "1.0.0", "[dependencies]\nalpha = { version = '0.2', default-features = false }
        beta = { version = '1', optional = true }\neta = '1'\n"),
    krate("epsilon-derive", "1.0.0", DERIVE),
    krate("epsilon-derive", "1.0.3", DERIVE),
    krate("eta", "1.0.0", "[features]\ndefault = ['a']\na = []\nb = []\n"),
    krate("gamma", "0.3.0", "build = 'build.rs'
        [features]\nvendored = ['dep:buildkit']
        [dependencies]\nlambda = { version = '0.2', default-features = false }
        [build-dependencies]\nbuildkit = { version = '1', optional = true }\n"),
    krate("iota-sys", "0.9.0", "links = 'iota'\nbuild = 'build.rs'
        [features]\nstatic = []\nbundled = ['buildkit/parallel']
        [build-dependencies]\nbuildkit = '1'\n"),
    krate("kappa", "1.0.0", "[features]\ndefault = ['sys']\nsys = ['dep:iota-sys']\nfull = ['theta', 'theta/full']\nweak = ['gamma?/vendored']
        [dependencies]\ntheta = { version = '0.4', optional = true }\niota-sys = { version = '0.9', optional = true }
        gamma = { version = '0.3', optional = true }\n"),
    krate("lambda", "0.2.5", "build = 'build.rs'\n[features]\ndefault = ['std']\nstd = []\nextra_traits = []\n"),
    krate("nu", "1.0.0", "[lib]\ncrate-type = ['cdylib', 'rlib']\n[dependencies]\nalpha = '0.1'\n"),
    krate("omicron", "0.9.5+1.2.3", "[features]\nwide = []\n[dependencies]\nzeta = '2'\n"),
    krate("pi", "1.0.0-rc.1", "[features]\ndefault = ['macros']\nmacros = ['dep:epsilon-derive']
        [dependencies]\nepsilon-derive = { version = '1', optional = true }\n"),
    krate("theta", "0.4.0", "[features]\nfull = ['alpha-new/derive']\nnew-std = ['alpha-new/std']
        [dependencies]\nalpha-old = { package = 'alpha', version = '0.1' }
        alpha-new = { package = 'alpha', version = '1', default-features = false }\n"),
    krate("win-mu", "0.5.0", "[features]\nwin-ui = []\nwin-io = []\n"),
    krate("zeta", "1.0.0", ZETA_1),
    krate("zeta", "1.4.0", ZETA_1),
    krate("zeta", "2.0.0", "[features]\ndefault = ['eta']\n[dependencies]\neta = { version = '1', optional = true }\n"),
];

impl Crate {
    /// The caret requirement that this version and those compatible with it meet.
    pub fn requirement(&self) -> String {
        let mut parts = self.version.split('.');
        match (parts.next(), parts.next()) {
            _ if self.version.contains('-') => self.version.to_owned(),
            (Some("0"), Some(minor)) => format!("0.{minor}"),
            (Some(major), _) => major.to_owned(),
            (None, _) => unreachable!("a split has a first part"),
        }
    }

    /// The features that a dependent may ask for, those of optional dependencies included.
    pub fn features(&self) -> BTreeSet<String> {
        FEATURES[&(self.name, self.version)].clone()
    }
}

/// The crate that cargo would lock for a requirement: `1`, `0.1`, `1.0.0-rc.1` or `=1.0.0`.
pub fn lookup(name: &str, requirement: &str) -> Option<&'static Crate> {
    let exact = requirement.strip_prefix('=');
    let meets = |it: &&Crate| exact.map_or_else(|| it.requirement() == requirement, |version| it.version == version);
    CRATES.iter().filter(|it| it.name == name).rfind(meets)
}

static FEATURES: LazyLock<BTreeMap<(&str, &str), BTreeSet<String>>> = LazyLock::new(|| {
    let features = |it: &Crate| {
        let table: toml::Table = it.text().parse().expect("the registry's manifests are valid");
        let mut features: BTreeSet<String> =
            table.get("features").and_then(|it| it.as_table()).into_iter().flat_map(|it| it.keys().cloned()).collect();
        for kind in ["dependencies", "build-dependencies"] {
            for (name, dependency) in table.get(kind).and_then(|it| it.as_table()).into_iter().flatten() {
                if dependency.get("optional").is_some() && !it.manifest.contains(&format!("'dep:{name}'")) {
                    features.insert(name.clone());
                }
            }
        }
        features
    };
    CRATES.iter().map(|it| ((it.name, it.version), features(it))).collect()
});

/// The `CARGO_HOME` that replaces crates.io by the registry. It lies below cargo's directory for
/// temporary files of tests, is the same for all test programs, and is written at most once by
/// each.
pub fn cargo_home() -> &'static Path {
    static HOME: LazyLock<PathBuf> = LazyLock::new(|| {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cargo-home");
        let registry = home.join("local");
        for it in CRATES {
            it.write(&registry.join(format!("{}-{}", it.name, it.version)));
        }
        let source = toml::Value::String(registry.to_str().expect("a UTF-8 path").to_owned());
        let config = format!("[source.crates-io]\nreplace-with = 'local'\n[source.local]\ndirectory = {source}\n");
        write(&home.join("config.toml"), &config);
        home
    });
    &HOME
}

impl Crate {
    /// What cargo copies into the lockfile; with a directory source it checks no file against it.
    pub fn checksum(&self) -> String {
        let digits = |byte: u8| [byte >> 4, byte & 15].map(|it| char::from(b"0123456789abcdef"[usize::from(it)]));
        format!("{}{}", self.name, self.version).bytes().cycle().take(32).flat_map(digits).collect()
    }

    fn text(&self) -> String {
        format!("[package]\nname = '{}'\nversion = '{}'\nedition = '2021'\n{}", self.name, self.version, self.manifest)
    }

    fn write(&self, dir: &Path) {
        write(&dir.join("Cargo.toml"), &self.text());
        write(&dir.join("src/lib.rs"), "");
        if self.manifest.contains("build.rs") {
            // As that of the `cc` crate does.
            let watch = "fn main() { println!(\"cargo:rerun-if-env-changed=RUSTC_WRAPPER\") }\n";
            write(&dir.join("build.rs"), watch);
        }
        let checksum = format!("{{\"files\":{{}},\"package\":\"{}\"}}", self.checksum());
        write(&dir.join(".cargo-checksum.json"), &checksum);
    }
}

/// Writes a file unless it is there already; whole or not at all, since test programs run side by
/// side.
fn write(path: &Path, text: &str) {
    if fs_err::read_to_string(path).is_ok_and(|it| it == text) {
        return;
    }
    let parent = path.parent().expect("a file has a parent");
    fs_err::create_dir_all(parent).expect("the directory for temporary files is writable");
    let scratch = tempfile::NamedTempFile::new_in(parent).expect("it is writable");
    fs_err::write(&scratch, text).expect("it is writable");
    scratch.persist(path).expect("it is writable");
}
