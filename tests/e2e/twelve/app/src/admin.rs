fn main() {
    println!("{} jars", pantry::jars().iter().map(|j| j.count).sum::<u64>());
}
