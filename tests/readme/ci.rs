//! The action, the pipelines that `init` writes, and the files in `docker/ci` do the same.

use super::root;

fn read(path: &str) -> String {
    fs_err::read_to_string(root().join(path)).expect("the file exists")
}

/// The part of a file that begins with a line.
fn from<'a>(text: &'a str, line: &str) -> &'a str {
    let at = text.find(line).unwrap_or_else(|| panic!("there is no `{line}`"));
    &text[at..]
}

/// The template of `init` for a project at the root of its repository.
fn template(service: &str) -> String {
    let text = read(&format!("src/init/templates/{service}.yml"));
    text.replace("@FLAGS@", "--release").replace("@TARGET@", "target").replace("@TARGET_DIR@", "target")
}

#[test]
fn what_init_writes_does_what_the_tested_files_do() {
    let (ours, inits) = (read("docker/ci/github-actions.yml"), template("github"));
    let first = "      - name: list the dependencies\n";
    assert_eq!(from(&ours, first), from(&inits, first));
    let (ours, inits) = (read("docker/ci/gitlab-ci.yml"), template("gitlab"));
    let first = "    - cargo larder prepare ";
    assert_eq!(from(&ours, first), from(&inits, first));
}

/// The steps from the recipe to the saved cache: names, conditions, actions without their versions,
/// keys of the cache, and the commands of this program.
fn outline(path: &str) -> Vec<String> {
    let text = read(path);
    let steps = from(&text, "- name: list the dependencies\n");
    let steps = steps.split("- name: build the program").next().unwrap_or_default();
    let lines = steps.lines().map(|line| line.trim().trim_start_matches("- "));
    let mut outline: Vec<String> = Vec::new();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let (key, value) = line.split_once(": ").unwrap_or_default();
        match key {
            "name" | "if" | "id" | "key" | "restore-keys" => outline.push(line.to_owned()),
            "uses" => outline.extend(value.split('@').next().map(str::to_owned)),
            _ => {}
        }
        let verb = ["cargo larder ", "cargo-larder "].iter().find_map(|it| line.split_once(it)).map(|(_, rest)| rest);
        let verb = verb.map(|rest| rest.split([' ', ')']).next().unwrap_or_default().to_owned());
        outline.extend(verb.filter(|verb| outline.last() != Some(verb)));
    }
    outline
}

#[test]
fn the_action_has_the_steps_of_the_workflow() {
    let (action, workflow) = (outline("action.yml"), outline("docker/ci/github-actions.yml"));
    assert_eq!(action, workflow, "left: action.yml; right: docker/ci/github-actions.yml");
    assert!(action.len() > 15, "{action:?}");
}
