#![no_std]
extern crate alloc;

pub fn name<T: serde::Serialize>(_: &T) -> alloc::string::String {
    alloc::string::String::from("jar")
}
