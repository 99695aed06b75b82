//! What `--help` shows after the flags: examples, and the variables that count.
//!
//! A test runs every example, so each is a whole command line.

pub const PREPARE: &str = "\
Examples:
  cargo larder prepare --release               For `cargo build --release`
  cargo larder prepare -p api --features tls   For one package, with a feature

Environment:
  CARGO_PROFILE_*, RUSTFLAGS and the like count as they do for a build.";

pub const COOK: &str = "\
Examples:
  cargo larder cook                            With the flags of recipe.json
  cargo larder cook --release --cache target/larder

Environment:
  CARGO_TARGET_DIR   Where to build, as for cargo
  LARDER_CACHE       The store, as --cache
  LARDER_SEED        Earlier target directories, as --seed
  SOURCE_DATE_EPOCH  The mtime of everything that is built
  TMPDIR             Where the skeleton is built";

pub const VERIFY: &str = "\
Examples:
  cargo larder verify --release                Before `cargo build --release`
  cargo larder verify --format json

Environment:
  CARGO_TARGET_DIR, RUSTFLAGS and the like, as the build will have them.";

pub const EXPLAIN: &str = "\
Examples:
  cargo larder explain old.json recipe.json    Two recipes
  cargo larder explain --since HEAD~1 --release";

pub const SHOW: &str = "\
Examples:
  cargo larder show                            recipe.json, as text
  cargo larder show old.json --format dot";

pub const KEY: &str = "\
Examples:
  cargo larder key                             For the flags of recipe.json
  cargo larder key --restore                   The part for `restore-keys`

Environment:
  CARGO_HOME, CC, RUSTFLAGS and the like decide about a key as about a build.";

pub const INIT: &str = "\
Examples:
  cargo larder init --stdout                   Look at what it would write
  cargo larder init --base distroless --compose";

pub const PACK: &str = "\
Examples:
  cargo larder unpack && cargo build --release && cargo larder pack

Environment:
  CARGO_TARGET_DIR   Where to build, as for cargo";

pub const CACHE: &str = "\
Examples:
  cargo larder cache stats --cache target/larder
  cargo larder cache gc --cache target/larder --cache-size 2GB

Environment:
  LARDER_CACHE       The store, as --cache";

pub const COMPLETIONS: &str = "\
Examples:
  cargo larder completions bash > cargo-larder.bash
  cargo larder completions zsh > _cargo-larder";

pub const MAN: &str = "\
Examples:
  cargo larder man target/man
  cargo larder man ~/.local/share/man/man1";
