//! The text of a pipeline.
//!
//! In: a [`Plan`] and the name of a service. Out: a job that builds the image with caches of
//! layers, and one that builds without an image. Touches nothing.

use super::need::names;
use super::plan::Plan;
use crate::cli::init::{Base, Ci};

const GITHUB: &str = include_str!("templates/github.yml");
const GITLAB: &str = include_str!("templates/gitlab.yml");

/// Returns the path of the file in the repository, and its text.
pub fn pipeline(plan: &Plan, ci: Ci) -> (&'static str, String) {
    let (path, template) = match ci {
        Ci::Github => (".github/workflows/image.yml", GITHUB),
        Ci::Gitlab => (".gitlab-ci.yml", GITLAB),
    };
    let place = |way: &str| if way.is_empty() { ".".to_owned() } else { way.to_owned() };
    let join = |a: &str, b: &str| if a.is_empty() || b.is_empty() { format!("{a}{b}") } else { format!("{a}/{b}") };
    let root = join(&plan.facts.below, &plan.facts.inner);
    let text = template
        .replace("@INSTALL@", &install(plan, ci))
        .replace("@CONTEXT@", &place(&plan.facts.below))
        .replace("@ROOT@", &place(&root))
        .replace("@TARGET_DIR@", &plan.facts.target_dir)
        .replace("@TARGET@", &join(&root, &plan.facts.target_dir))
        .replace("@FLAGS@", &format!("--profile {}{}", plan.profile, plan.flags));
    (path, text)
}

/// Installs packages of the system, by the names of Debian, which Ubuntu has, too.
fn install(plan: &Plan, ci: Ci) -> String {
    let packages: Vec<&str> = names(&plan.needs.build).into_iter().collect();
    if packages.is_empty() || matches!(plan.base, Base::Alpine | Base::Scratch) {
        return String::new();
    }
    let packages = packages.join(" ");
    match ci {
        Ci::Github => format!(
            "      - name: install packages of the system\n        run: |\n          sudo apt-get update\n          sudo apt-get install -y --no-install-recommends {packages}\n"
        ),
        Ci::Gitlab => {
            format!("    - apt-get update && apt-get install -y --no-install-recommends {packages}\n")
        }
    }
}
