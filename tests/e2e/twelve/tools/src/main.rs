use std::hash::Hasher;

fn main() {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(b"pantry");
    println!("{:?} {:x}", pantry_core::Jar::new("peas", 5), hasher.finish());
}
