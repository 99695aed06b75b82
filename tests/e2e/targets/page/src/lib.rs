//! A library for a page: `jars(n)` is the sum of a list in JSON and the length of a name.
use crossing_derive::Name;

#[derive(Name)]
pub struct Cellar;

#[unsafe(no_mangle)]
pub extern "C" fn jars(more: u32) -> u32 {
    let list: Vec<u32> = serde_json::from_str("[30, 4]").expect("the list is JSON");
    list.iter().sum::<u32>() + u32::try_from(Cellar::NAME.len()).expect("the name is short") + more
}
