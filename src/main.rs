//! The program: all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_larder::run(&std::env::args_os().collect::<Vec<_>>())
}
