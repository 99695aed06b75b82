use anyhow::{ensure, Result};
use regex::Regex;
use serde::Serialize;

#[derive(Serialize)]
struct Greeting {
    hello: String,
    letters: usize,
}

fn main() -> Result<()> {
    let hello = std::env::args().nth(1).unwrap_or_else(|| "world".to_string());
    ensure!(Regex::new(r"^\w+$")?.is_match(&hello), "not one word: {hello:?}");
    let letters = hello.chars().count();
    println!("{}", serde_json::to_string(&Greeting { hello, letters })?);
    Ok(())
}
