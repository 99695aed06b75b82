//! Compresses a text on the platform that builds; the program decompresses it on its own.
use lz4::block::{CompressionMode, compress};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let text = compress(b"plums and beans", Some(CompressionMode::DEFAULT), true).expect("lz4 works on the host");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    std::fs::write(std::path::Path::new(&out).join("text.lz4"), text).expect("OUT_DIR is writable");
}
