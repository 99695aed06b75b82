//! Measures how long `prepare` takes to make a recipe, and whether the time grows linearly with the
//! workspace.
//!
//! In: nothing. Generates workspaces of 10, 100, and 1,000 members on the same 200 locked crates.
//! Out: criterion's report about `prepare::recipe` with `--release` on the whole workspace. Files
//! are read, and none is written. Then the ratio of the times for a member between the sizes.
//! Writes to a temporary directory only.
//!
//! A member has five third-party dependencies: inherited from the workspace, optional, for a
//! platform, for tests, or with features. It depends on up to three other members. Some members
//! have a build script, and some are proc-macros.

use cargo_larder::config::layers::Given;
use cargo_larder::workspace::scope::Scope;
use cargo_larder::{prepare, read};
use criterion::{BenchmarkId, Criterion, Throughput};
use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

const SIZES: [u32; 3] = [10, 100, 1_000];
const CRATES: u32 = 200;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();
    let scope = Scope { profile: Some("release".to_owned()), ..Scope::default() };
    let mut least: BTreeMap<u32, Duration> = BTreeMap::new();
    let mut group = criterion.benchmark_group("prepare");
    for members in SIZES {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        for (path, text) in workspace(members) {
            let path = dir.path().join(path);
            fs_err::create_dir_all(path.parent().expect("a file stands in a directory"))
                .expect("the directory is ours");
            fs_err::write(path, text).expect("the directory is ours");
        }
        group.throughput(Throughput::Elements(members.into()));
        group.bench_function(BenchmarkId::from_parameter(members), |bencher| {
            bencher.iter_custom(|rounds| {
                let taken = time(dir.path(), &scope, rounds);
                let each = taken / u32::try_from(rounds).expect("a few seconds are few rounds") / members;
                // The load of the machine can only add to the time.
                least.entry(members).and_modify(|least| *least = each.min(*least)).or_insert(each);
                taken
            });
        });
    }
    group.finish();
    criterion.final_summary();
    for (small, large) in SIZES.iter().zip(&SIZES[1..]) {
        if let (Some(before), Some(after)) = (least.get(small), least.get(large)) {
            println!(
                "time for a member: {:.2} times as long with {large} members as with {small}",
                after.div_duration_f64(*before)
            );
        }
    }
}

fn time(root: &Path, scope: &Scope, rounds: u64) -> Duration {
    let manifest = root.join("Cargo.toml");
    let start = Instant::now();
    for _ in 0..rounds {
        let prepared = read::open(black_box(&manifest), root, &Given::default())
            .and_then(|it| prepare::for_scope(&read::workspace(&it)?, scope, None));
        black_box(prepared.expect("the workspace is sound"));
    }
    start.elapsed()
}

/// Returns the files of a workspace that cargo would accept if the crates existed.
fn workspace(members: u32) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut lock: Vec<Locked> = (0..CRATES).map(locked).collect();
    for number in 0..members {
        let (manifest, entry) = describe(number);
        let dir = format!("crates/{}", entry.name);
        lock.push(entry);
        files.insert(format!("{dir}/Cargo.toml"), manifest);
        let sources = [
            ("src/lib.rs", true),
            ("tests/all.rs", true),
            ("src/main.rs", number % 10 == 9),
            ("build.rs", builds(number)),
        ];
        files.extend(sources.iter().filter(|(_, has)| *has).map(|(path, _)| (format!("{dir}/{path}"), String::new())));
    }
    let mut root = vec!["[workspace]".to_owned(), "members = ['crates/*']".to_owned(), "resolver = '2'".to_owned()];
    root.push("[profile.release]\nlto = 'thin'\n[profile.release.package.'*']\nopt-level = 3".to_owned());
    root.push("[workspace.dependencies]".to_owned());
    root.extend((0..CRATES).map(|number| format!("{} = {{ version = '1', features = ['std'] }}", third_party(number))));
    files.insert("Cargo.toml".to_owned(), root.join("\n"));
    lock.sort_by(|a, b| a.name.cmp(&b.name));
    let entries: String = lock.iter().map(Locked::text).collect();
    files.insert("Cargo.lock".to_owned(), format!("version = 4\n{entries}"));
    files
}

/// Returns the manifest of a member, and its lockfile entry.
fn describe(number: u32) -> (String, Locked) {
    // Seven has no common factor with the number of crates, so that the members use all of them.
    let [inherited, optional, platform, tests, plain, builder] =
        [0, 33, 66, 99, 132, 165].map(|offset| third_party((number * 7 + offset) % CRATES));
    let name = member(number);
    let version = format!("0.{number}.0");
    let below: BTreeSet<u32> = [number / 2, number / 3, number.saturating_sub(1)].into();
    let below: Vec<String> = below.into_iter().filter(|lower| *lower != number).map(member).collect();
    let mut lines = vec![format!("[package]\nname = '{name}'\nversion = '{version}'\nedition = '2021'")];
    if number % 25 == 24 {
        lines.push("[lib]\nproc-macro = true".to_owned());
    }
    lines.push("[features]\ndefault = ['fast']\nfast = ['plain/simd']\nfull = ['dep:extra', 'fast']".to_owned());
    lines.push(format!("[dependencies]\n{inherited} = {{ workspace = true, features = ['derive'] }}"));
    lines.push(format!("extra = {{ package = '{optional}', version = '1', optional = true }}"));
    lines.push(format!("plain = {{ package = '{plain}', version = '1', default-features = false }}"));
    lines.extend(below.iter().map(|lower| format!("{lower} = {{ path = '../{lower}', features = ['full'] }}")));
    lines.push(format!("[target.'cfg(unix)'.dependencies]\n{platform} = '1'"));
    lines.push(format!("[dev-dependencies]\n{tests} = '1'"));
    let mut dependencies: BTreeSet<String> = [inherited, optional, platform, tests, plain].into();
    dependencies.extend(below);
    if builds(number) {
        lines.push(format!("[build-dependencies]\n{builder} = '1'"));
        dependencies.insert(builder);
    }
    (lines.join("\n"), Locked { name, version, is_local: true, dependencies })
}

fn builds(number: u32) -> bool {
    number % 8 == 7
}

fn member(number: u32) -> String {
    format!("member-{number:04}")
}

fn third_party(number: u32) -> String {
    format!("crate-{number:03}")
}

/// Returns a lockfile entry.
struct Locked {
    name: String,
    version: String,
    is_local: bool,
    dependencies: BTreeSet<String>,
}

/// Returns a third-party crate that depends on up to three others.
fn locked(number: u32) -> Locked {
    let dependencies = (0..number % 4).map(|step| third_party(number / (step + 2))).collect();
    Locked { name: third_party(number), version: format!("1.{number}.0"), is_local: false, dependencies }
}

impl Locked {
    fn text(&self) -> String {
        let mut text = format!("\n[[package]]\nname = \"{}\"\nversion = \"{}\"\n", self.name, self.version);
        if !self.is_local {
            text += "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
            text += "checksum = \"0000000000000000000000000000000000000000000000000000000000000000\"\n";
        }
        if !self.dependencies.is_empty() {
            let names: String = self.dependencies.iter().flat_map(|name| [" \"", name, "\",\n"]).collect();
            text += &["dependencies = [\n", &names, "]\n"].concat();
        }
        text
    }
}
