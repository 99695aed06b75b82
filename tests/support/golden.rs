//! Failures of the past as text, in the form in which a law shows a failing case: the command and
//! the files. What a random seed stands for changes with the generator; these stay.

use std::path::PathBuf;

use super::oracle::{OnDisk, Refusal, lock};

/// A case of the past on disk.
pub struct Past {
    pub disk: OnDisk,
    /// Where cargo is called.
    pub cwd: PathBuf,
    /// The flags of the build.
    pub args: Vec<String>,
}

/// Lays out a failure: a line ``in `ws`: cargo build …``, then files, each after a line `-- path
/// --`. Its lockfile is cargo's.
pub fn lay_out(text: &str) -> Result<Past, Refusal> {
    let disk = OnDisk::new();
    let mut command = None;
    let mut files: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        let path = line.strip_prefix("-- ").and_then(|it| it.strip_suffix(" --"));
        if let Some(path) = path {
            files.push((path, String::new()));
        } else if let Some((_, content)) = files.last_mut() {
            content.extend([line, "\n"]);
        } else if let Some(it) = line.strip_prefix("in `") {
            command = it.split('#').next().and_then(|it| it.split_once("`: cargo build"));
        }
    }
    let (dir, args) = command.ok_or("a failure says which command it is about")?;
    for (path, content) in files {
        let path = disk.dir().join(path);
        fs_err::create_dir_all(path.parent().expect("it lies in the case's directory")).map_err(|it| it.to_string())?;
        fs_err::write(path, content).map_err(|it| it.to_string())?;
    }
    lock(&disk.dir().join("ws"))?;
    let cwd = disk.dir().join(dir);
    Ok(Past { disk, cwd, args: args.split_whitespace().map(str::to_owned).collect() })
}
