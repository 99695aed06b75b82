fn main() {
    let word = "larder";
    let letters = memchr::memchr_iter(b'r', word.as_bytes()).count();
    println!("{}: {}", util::title(word), itoa::Buffer::new().format(letters));
}
