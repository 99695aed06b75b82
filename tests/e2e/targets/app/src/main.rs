//! Prints one line of JSON in which every kind of dependency has a part.
use crossing_derive::Name;
use serde::Serialize;

#[derive(Name, Serialize)]
struct Jars {
    text: String,
    platform: String,
    system: &'static str,
}

#[cfg(unix)]
fn system() -> &'static str {
    // SAFETY: the function has no arguments and cannot fail.
    if unsafe { libc::getpid() } > 0 { "libc" } else { "?" }
}

#[cfg(windows)]
fn system() -> &'static str {
    // SAFETY: the function has no arguments and cannot fail.
    if unsafe { windows_sys::Win32::System::Threading::GetCurrentProcessId() } > 0 { "windows-sys" } else { "?" }
}

#[cfg(not(any(unix, windows)))]
fn system() -> &'static str {
    "none"
}

fn main() {
    let text = lz4::block::decompress(include_bytes!(concat!(env!("OUT_DIR"), "/text.lz4")), None).expect("lz4 works here");
    let jars = Jars {
        text: String::from_utf8(text).expect("the build script wrote UTF-8"),
        platform: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        system: system(),
    };
    println!("{} {}", Jars::NAME, serde_json::to_string(&jars).expect("strings are JSON"));
}

#[test]
fn the_type_has_its_name() {
    assert_eq!(Jars::NAME, "Jars");
}
