use std::hash::Hasher;

#[no_mangle]
pub extern "C" fn pantry_hash(n: u64) -> u64 {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(pantry_core::digits(n).as_bytes());
    hasher.finish()
}
