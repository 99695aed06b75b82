use either::Either;

pub fn stamp(version: &str) -> String {
    let dots = memchr::memchr_iter(b'.', version.as_bytes()).count();
    let count = if dots > 1 { Either::Left(dots) } else { Either::Right(0_u8) };
    let count = count.either(|n| itoa::Buffer::new().format(n).to_string(), |n| n.to_string());
    format!("stamp-{version}-{count}")
}
