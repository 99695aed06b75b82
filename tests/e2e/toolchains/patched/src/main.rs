fn main() {
    println!("patched {}", log::max_level());
}
