//! The documents agree with the program: their commands parse, their flags are those of the
//! program, their Dockerfiles are tested ones, and their links and paths lead to files that exist.

#[path = "readme/ci.rs"]
mod ci;
#[path = "readme/publish.rs"]
mod publish;
#[path = "readme/rooms.rs"]
mod rooms;

use cargo_larder::cli::{self, Larder};
use clap::CommandFactory;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Flags of other programs that the pages mention on their own.
const FLAGS_OF_OTHERS: &[&str] = &["--cache-from", "--cache-to", "--platform", "--mount"];

/// Folders and files of the repository. A code span that begins with one of these is a path.
const PLACES: &[&str] = &[".ci/", ".github/", "benches/", "docker/", "docs/", "src/", "tests/"];

/// A Markdown file of the repository.
struct Page {
    path: PathBuf,
    text: String,
}

impl Page {
    fn read(path: &str) -> Self {
        let text = fs_err::read_to_string(root().join(path)).expect("the page exists");
        Self { path: path.into(), text }
    }

    fn name(&self) -> std::path::Display<'_> {
        self.path.display()
    }

    /// Fenced blocks, each with the name of its language on its first line.
    fn blocks(&self) -> impl Iterator<Item = &str> {
        self.text.split("```").skip(1).step_by(2)
    }

    /// The blocks in one language.
    fn blocks_in<'a>(&'a self, language: &'a str) -> impl Iterator<Item = &'a str> {
        self.blocks().filter_map(move |block| block.strip_prefix(language)?.strip_prefix('\n'))
    }

    /// Lines outside of fenced blocks.
    fn prose(&self) -> impl Iterator<Item = &str> {
        self.text.split("```").step_by(2).flat_map(str::lines)
    }

    /// The text of each code span in the prose.
    fn spans(&self) -> impl Iterator<Item = &str> {
        self.prose().flat_map(spans)
    }

    /// Every `cargo larder …` and `cargo-larder …`, up to where the shell would end it.
    fn commands(&self) -> impl Iterator<Item = &str> {
        let lines = self.blocks().flat_map(str::lines).chain(self.spans());
        let parts = lines.flat_map(|line| line.split(['&', '|', ';', '#', '\\']));
        let commands = parts.filter_map(|part| {
            let at = ["cargo larder ", "cargo-larder prepare", "cargo-larder cook", "cargo-larder verify"]
                .iter()
                .find_map(|it| part.find(it))?;
            // A message in a block has backticks, too.
            Some(part[at..].trim().trim_end_matches('`'))
        });
        commands.filter(|command| !command.contains('…'))
    }

    /// The targets of links to files of the repository.
    fn links(&self) -> impl Iterator<Item = &str> {
        let targets = self.prose().flat_map(|line| line.split("](").skip(1)).filter_map(|rest| rest.split(')').next());
        targets.filter(|target| !target.contains("://"))
    }

    /// The anchors of its headings, as GitHub makes them.
    fn anchors(&self) -> impl Iterator<Item = String> {
        let headings =
            self.prose().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
        headings.map(|heading| {
            let kept = heading.to_lowercase().replace(' ', "-");
            kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
        })
    }

    /// The flags that the tables below a heading name.
    fn flags_below(&self, heading: &str) -> BTreeSet<String> {
        let lines = self.text.lines().skip_while(|line| *line != heading).skip(1);
        let section = lines.take_while(|line| !line.starts_with("## "));
        let first_cells = section.filter_map(|line| line.strip_prefix('|')?.split('|').next());
        first_cells.flat_map(spans).filter_map(flag_of).map(str::to_owned).collect()
    }
}

/// What stands between backticks in a line.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The flag that a span names: `--flag VALUE`, `--flag=VALUE` and `--flag[=VALUE]` all name
/// `--flag`.
fn flag_of(span: &str) -> Option<&str> {
    span.split([' ', '=', '[']).next().filter(|word| word.starts_with('-') && word.len() > 1)
}

/// The directory of the checkout. A published package has only a part of it, and nothing to check.
fn root() -> &'static Path {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join(".ci").exists() {
        println!("the documents are checked in a checkout");
        std::process::exit(0);
    }
    root
}

/// The pages that match one of the patterns.
fn pages(patterns: &[&str]) -> Vec<Page> {
    let found = patterns.iter().flat_map(|pattern| {
        let pattern = root().join(pattern);
        glob::glob(pattern.to_str().expect("the checkout has a path in UTF-8")).expect("a valid pattern")
    });
    let paths = found.map(|path| path.expect("the directory can be read"));
    paths.map(|path| Page::read(path.strip_prefix(root()).expect("below the root").to_str().expect("UTF-8"))).collect()
}

/// README.md and the pages that it links to, which are for users.
fn guide() -> Vec<Page> {
    pages(&["README.md", "docs/*.md"])
}

/// Every page of the repository.
fn all_pages() -> Vec<Page> {
    pages(&["*.md", "docs/*.md", "docker/*.md", "docker/*/*.md", "docker/setups/*/*.md", "tests/e2e/*.md"])
}

/// The commands with a table of flags. `unpack` takes the flags of `pack`.
const DOCUMENTED: [&str; 9] = ["prepare", "cook", "verify", "explain", "show", "key", "init", "pack", "cache"];

/// Returns the flags of a verb, with their dashes.
fn flags(verb: &str) -> BTreeSet<String> {
    let mut larder = Larder::command();
    larder.build();
    let verb = larder.find_subcommand(verb).expect("the verb exists");
    let below: Vec<&clap::Command> = verb.get_subcommands().chain([verb]).collect();
    let arguments = || below.iter().flat_map(|verb| verb.get_arguments());
    let long = arguments().filter_map(clap::Arg::get_long).map(|long| format!("--{long}"));
    let short = arguments().filter_map(clap::Arg::get_short).map(|short| format!("-{short}"));
    long.chain(short).filter(|flag| !["--help", "-h"].contains(&flag.as_str())).collect()
}

#[test]
fn the_dockerfile_of_the_readme_is_the_one_that_is_tested() {
    let readme = Page::read("README.md");
    let copies: Vec<_> = readme.blocks_in("dockerfile").collect();
    assert_eq!(copies, [Page::read("docker/Dockerfile").text], "README.md and docker/Dockerfile differ");
}

#[test]
fn every_dockerfile_in_the_guide_is_part_of_a_tested_one() {
    let files = glob::glob(root().join("docker/**/*Dockerfile*").to_str().expect("UTF-8")).expect("a valid pattern");
    let tested: Vec<_> =
        files.map(|file| fs_err::read_to_string(file.expect("readable")).expect("a text file")).collect();
    for page in guide() {
        for block in page.blocks_in("dockerfile") {
            // A comment of a Dockerfile may show a line, too.
            let found = tested.iter().any(|text| text.contains(block) || text.contains(block.trim_end()));
            assert!(found, "{} has lines that no file below docker/ has:\n{block}", page.name());
        }
    }
}

#[test]
fn every_command_parses() {
    for page in all_pages() {
        for command in page.commands() {
            let words: Vec<OsString> = command.split_whitespace().map(OsString::from).collect();
            match cli::parse(&words) {
                Err(error) if error.use_stderr() => panic!("{} has `{command}`\n{error}", page.name()),
                _ => {}
            }
        }
    }
    for verb in ["prepare", "cook"] {
        let is_shown = Page::read("README.md").commands().any(|command| command.split(' ').any(|word| word == verb));
        assert!(is_shown, "README.md does not show `{verb}`");
    }
}

#[test]
fn the_flag_tables_are_those_of_the_program() {
    let page = Page::read("docs/flags.md");
    let both = page.flags_below("## Flags of both commands");
    for verb in DOCUMENTED {
        let is_alone = !["prepare", "cook"].contains(&verb);
        let both = if is_alone { BTreeSet::new() } else { both.clone() };
        let own = page.flags_below(&format!("## Flags of {verb}"));
        let (documented, exist) = (both.union(&own).cloned().collect::<BTreeSet<_>>(), flags(verb));
        let missing: Vec<_> = exist.difference(&documented).collect();
        let extra: Vec<_> = documented.difference(&exist).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "docs/flags.md, `{verb}`: these flags need a row: {missing:?}; these do not exist: {extra:?}"
        );
    }
}

#[test]
fn every_flag_that_the_guide_mentions_exists() {
    let exist: BTreeSet<String> = DOCUMENTED.into_iter().flat_map(flags).collect();
    for page in guide() {
        for flag in page.spans().filter_map(flag_of) {
            let is_known = exist.contains(flag) || FLAGS_OF_OTHERS.contains(&flag);
            assert!(is_known, "{} mentions `{flag}`, which is no flag of cargo-larder", page.name());
        }
    }
}

#[test]
fn the_documents_name_the_recipe_format_of_the_program() {
    let format = cargo_larder::recipe::FORMAT;
    for (page, text) in [("RECIPE.md", "# recipe.json, format [N]"), ("CHANGELOG.md", "Recipe format: [N].")] {
        let text = text.replace("[N]", &format.to_string());
        assert!(Page::read(page).text.contains(&text), "{page} does not say `{text}`");
    }
}

#[test]
fn recipe_md_describes_every_key_of_a_recipe() {
    let source = include_str!("../src/recipe/mod.rs");
    let (_, json) = source.split_once("struct Json {\n").expect("the keys are the fields of `Json`");
    let fields = json.lines().take_while(|line| *line != "}").filter_map(|line| line.trim().split_once(": "));
    let keys: BTreeSet<&str> = fields.map(|(name, _)| name.trim_start_matches("pub ")).collect();
    let page = Page::read("RECIPE.md");
    let table = page.text.lines().skip_while(|line| *line != "| key | meaning |").skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    let documented: BTreeSet<&str> = rows.filter_map(|line| spans(line).next()).collect();
    assert_eq!(documented, keys, "left: the keys in the table of RECIPE.md; right: those of a recipe");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    for page in all_pages() {
        let directory = page.path.parent().expect("a file has a directory").to_owned();
        for link in page.links() {
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let path = if file.is_empty() { page.path.clone() } else { directory.join(file) };
            assert!(root().join(&path).exists(), "{} links to `{link}`, which does not exist", page.name());
            let Some(anchor) = anchor else { continue };
            let target = Page::read(path.to_str().expect("UTF-8"));
            let is_there = target.anchors().any(|it| it == anchor);
            assert!(is_there, "{} links to `{link}`, and there is no such heading", page.name());
        }
    }
}

#[test]
fn every_path_that_a_page_names_exists() {
    for page in all_pages() {
        let words = page.spans().filter_map(|span| span.split_whitespace().next());
        for path in words.filter(|word| PLACES.iter().any(|place| word.starts_with(place))) {
            let from_page = page.path.parent().map(|directory| root().join(directory).join(path));
            let exists = root().join(path).exists() || from_page.is_some_and(|path| path.exists());
            assert!(exists, "{} names `{path}`, which does not exist", page.name());
        }
    }
}

#[test]
fn the_map_of_the_sources_has_every_folder() {
    let page = Page::read("ARCHITECTURE.md");
    let named: BTreeSet<PathBuf> = page.spans().map(PathBuf::from).collect();
    for entry in fs_err::read_dir(root().join("src")).expect("it can be read") {
        let path = Path::new("src").join(entry.expect("it can be read").file_name());
        assert!(named.contains(&path), "the map in ARCHITECTURE.md needs a row for `{}`", path.display());
    }
}

#[test]
fn the_readme_is_short_and_links_to_every_page_of_the_guide() {
    let readme = Page::read("README.md");
    assert!(readme.text.lines().count() <= 135, "README.md has more than 135 lines: details belong below docs/");
    for page in pages(&["docs/*.md"]) {
        let is_linked = readme.links().any(|link| link.split('#').next().map(Path::new) == Some(&page.path));
        assert!(is_linked, "README.md does not link to {}", page.name());
    }
}
