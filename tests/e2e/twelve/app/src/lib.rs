use pantry_core::Jar;

pub fn jars() -> Vec<Jar> {
    vec![Jar::new("plums", 3), Jar::new("beans", 4)]
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_jars() {
        pantry_testing::check(super::jars().len(), "2");
    }
}
