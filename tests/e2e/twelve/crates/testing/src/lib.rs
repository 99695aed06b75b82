bitflags::bitflags! {
    pub struct Seen: u8 {
        const YES = 1;
    }
}

pub fn check(found: impl ToString, expected: &str) {
    similar_asserts::assert_eq!(found.to_string(), expected.to_string());
}
