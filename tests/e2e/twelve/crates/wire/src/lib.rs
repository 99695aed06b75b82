#![no_std]
extern crate alloc;

bitflags::bitflags! {
    struct Form: u8 {
        const UPPER = 1;
    }
}

pub fn encode(bytes: &[u8]) -> alloc::string::String {
    let form = Form::empty();
    let name = serde_jar::name(&form.bits());
    alloc::format!("{}:{}", name, if form.contains(Form::UPPER) { hex::encode_upper(bytes) } else { hex::encode(bytes) })
}
