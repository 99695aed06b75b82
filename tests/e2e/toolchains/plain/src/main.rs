#[derive(serde::Serialize)]
struct Line {
    length: usize,
}

fn main() {
    let line = Line { length: memchr::memchr(b'n', b"plain").unwrap_or(0) };
    let mut buffer = itoa::Buffer::new();
    println!("plain {} {}", buffer.format(line.length), libc::EXIT_SUCCESS);
}
