//! As sqlx does without a database: a query compiles only if its description was saved in `.sqlx/`.

use proc_macro::{Literal, TokenStream, TokenTree};
use serde::Deserialize;
use std::{env, fs, path::PathBuf};

#[derive(Deserialize)]
struct Saved {
    query: String,
    describe: Describe,
}

#[derive(Deserialize)]
struct Describe {
    columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
}

/// `columns!("SELECT …")` becomes the names of the columns, with a comma between them.
#[proc_macro]
pub fn columns(input: TokenStream) -> TokenStream {
    let query = input.to_string();
    let query = query.trim_matches('"');
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join(".sqlx");
    let files = fs::read_dir(&folder).expect("no folder `.sqlx`").map(|file| file.expect("`.sqlx` can be read").path());
    let mut saved = files.map(|path| {
        let text = fs::read_to_string(&path).expect("`.sqlx` can be read");
        serde_json::from_str::<Saved>(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    });
    let found = saved.find(|saved| saved.query == query).unwrap_or_else(|| panic!("nothing was saved of: {query}"));
    let names: Vec<_> = found.describe.columns.into_iter().map(|column| column.name).collect();
    TokenTree::from(Literal::string(&names.join(","))).into()
}
