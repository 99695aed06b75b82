//! A crate in the form that registries hand out, and registries that do: a local one, and a sparse
//! one with a token.

use super::run;
use crate::support::oracle::CARGO;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

/// The one crate, `jam` 1.0.0.
const JAM: &str = "-- Cargo.toml --
[package]
name = 'jam'
version = '1.0.0'
edition = '2021'
description = 'keeps'
license = 'MIT'
-- src/lib.rs --
pub const WHO: &str = \"jam\";
";

/// The archive of the crate.
pub fn archive() -> &'static [u8] {
    static ARCHIVE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let temp = tempfile::tempdir().expect("a temporary directory can be made");
        super::lay_out(JAM, temp.path());
        run(&CARGO, temp.path(), &["package", "--no-verify", "--offline", "--quiet"], &[]);
        fs_err::read(temp.path().join("target/package/jam-1.0.0.crate")).expect("cargo wrote it")
    });
    &ARCHIVE
}

/// What an index says of the crate.
pub fn entry() -> String {
    let checksum = sha256(archive());
    format!(
        r#"{{"name":"jam","vers":"1.0.0","deps":[],"cksum":"{checksum}","features":{{}},"yanked":false}}
"#
    )
}

/// A directory with the archive, for downloads from an index elsewhere.
pub fn crates() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("crates-{}", sha256(archive())));
    fs_err::create_dir_all(&dir).expect("it is writable");
    fs_err::write(dir.join("jam-1.0.0.crate"), archive()).expect("it is writable");
    dir
}

/// Writes a local registry.
pub fn local_registry(dir: &Path) {
    fs_err::create_dir_all(dir.join("index/3/j")).expect("it is writable");
    fs_err::write(dir.join("index/3/j/jam"), entry()).expect("it is writable");
    fs_err::write(dir.join("jam-1.0.0.crate"), archive()).expect("it is writable");
}

/// A sparse registry that wants a token. It serves until the process ends.
pub struct Server {
    port: u16,
    refused: Arc<AtomicUsize>,
}

impl Server {
    pub fn start(token: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let refused = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&refused);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is its own matter.
                let _ = serve(&stream, port, token, &counter);
            }
        });
        Server { port, refused }
    }

    pub fn index(&self) -> String {
        format!("sparse+http://127.0.0.1:{}/index/", self.port)
    }

    /// How many requests came without the token.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: &TcpStream, port: u16, token: &str, refused: &AtomicUsize) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let request = lines.next().unwrap_or_default();
    let headers: Vec<String> = lines.collect();
    let is_known = headers.iter().any(|line| {
        line.split_once(':')
            .is_some_and(|(name, value)| name.eq_ignore_ascii_case("authorization") && value.trim() == token)
    });
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, body): (&str, Vec<u8>) = match path {
        _ if !is_known => {
            refused.fetch_add(1, Ordering::SeqCst);
            ("401 Unauthorized", Vec::new())
        }
        "/index/config.json" => (
            "200 OK",
            format!(r#"{{"dl":"http://127.0.0.1:{port}/crates/{{crate}}","auth-required":true}}"#).into_bytes(),
        ),
        "/index/3/j/jam" => ("200 OK", entry().into_bytes()),
        "/crates/jam" => ("200 OK", archive().to_vec()),
        _ => ("404 Not Found", Vec::new()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)
}

/// FIPS 180-4, for the few bytes of one crate.
fn sha256(bytes: &[u8]) -> String {
    let fraction = |root: f64| ((root - root.floor()) * 4_294_967_296.0).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of 2^32")]
    let word = |root: f64| fraction(root) as u32;
    let primes: Vec<u32> = (2u32..).filter(|n| (2..*n).all(|d| n % d != 0)).take(64).collect();
    let rounds: Vec<u32> = primes.iter().map(|p| word(f64::from(*p).cbrt())).collect();
    let mut hash: Vec<u32> = primes.iter().take(8).map(|p| word(f64::from(*p).sqrt())).collect();
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64) + if padded.len() % 64 > 56 { 64 } else { 0 } - 8, 0);
    padded.extend((bytes.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        let mut w: Vec<u32> =
            block.chunks_exact(4).map(|b| u32::from_be_bytes(b.try_into().expect("four bytes"))).collect();
        for i in 16..64 {
            let (a, b) = (w[i - 15], w[i - 2]);
            let (a, b) =
                (a.rotate_right(7) ^ a.rotate_right(18) ^ a >> 3, b.rotate_right(17) ^ b.rotate_right(19) ^ b >> 10);
            w.push(w[i - 16].wrapping_add(a).wrapping_add(w[i - 7]).wrapping_add(b));
        }
        let mut v = hash.clone();
        for (word, round) in w.iter().zip(&rounds) {
            let (a, e) = (v[0], v[4]);
            let one = (e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25)).wrapping_add(e & v[5] ^ !e & v[6]);
            let one = one.wrapping_add(v[7]).wrapping_add(*word).wrapping_add(*round);
            let two = (a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22))
                .wrapping_add(a & v[1] ^ a & v[2] ^ v[1] & v[2]);
            v.rotate_right(1);
            v[0] = one.wrapping_add(two);
            v[4] = v[4].wrapping_add(one);
        }
        hash.iter_mut().zip(v).for_each(|(h, v)| *h = h.wrapping_add(v));
    }
    hash.iter().fold(String::new(), |mut text, word| {
        let _ = write!(text, "{word:08x}");
        text
    })
}

#[test]
fn the_checksum_is_that_of_the_standard() {
    for (text, expected) in
        [("abc", "ba7816bf"), (&"a".repeat(60), "11ee391211c6256460b6ed375957fadd8061cafbb31daf967db875aebd5aaad4")]
    {
        assert!(sha256(text.as_bytes()).starts_with(expected), "{text}");
    }
}
