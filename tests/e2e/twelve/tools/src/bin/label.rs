fn main() {
    println!("{}", hex::encode("label"));
}
