extern "C" {
    fn twice(number: i32) -> i32;
}

#[cfg(feature = "text")]
pub fn double(number: i32) -> String {
    itoa::Buffer::new().format(unsafe { twice(number) }).to_owned()
}
