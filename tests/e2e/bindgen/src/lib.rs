//! A library for a page: `label(n)` is the label of a jar, in JSON.
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

#[derive(Serialize)]
struct Label<'a> {
    text: &'a str,
    jar: u32,
}

#[wasm_bindgen]
pub fn label(jar: u32) -> String {
    serde_json::to_string(&Label { text: "plums and beans", jar }).expect("a label is JSON")
}
