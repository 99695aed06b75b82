fn main() {
    let version = semver::Version::new(1, 2, 3);
    println!("cargo::rustc-env=STAMP={}", pantry_codegen::stamp(&version.to_string()));
    println!("cargo::rerun-if-changed=build/main.rs");
}
