#[derive(serde::Serialize)]
pub struct Year;

fn main() {
    println!("young {}", itoa::Buffer::new().format(2024));
}
