fn main() {
    println!("{:?}", pantry_core::Jar::new("peas", 1));
}
