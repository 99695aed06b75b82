#[derive(serde::Serialize)]
pub struct Shelf;

#[macros::named]
fn shelf() {}

fn main() {
    println!("members {} {} {}", shelf(), numbers::double(21), libc::EXIT_SUCCESS);
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_finds() {
        assert_eq!(memchr::memchr(b'b', b"ab"), Some(1));
    }
}
