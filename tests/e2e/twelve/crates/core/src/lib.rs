#[derive(Debug)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct Jar {
    pub name: String,
    pub count: u64,
}

impl Jar {
    pub fn new(name: &str, count: u64) -> Jar {
        Jar { name: name.to_string(), count }
    }
}

#[cfg(feature = "json")]
pub fn json(jars: &[Jar]) -> String {
    serde_json::to_string(jars).expect("jars can be written as JSON")
}

#[cfg(feature = "fast")]
pub fn digits(n: u64) -> String {
    itoa::Buffer::new().format(n).to_string()
}
