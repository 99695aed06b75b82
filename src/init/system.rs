//! What crates need from the system, by distribution.
//!
//! In: nothing. Out: [`TABLE`], a row for each crate with its reason, and [`NOTHING`], the crates
//! that need nothing. The names of Debian are those of bookworm. `need.rs` decides which rows
//! count. Touches nothing.

/// A crate, and the packages of the system that its build and its program need.
#[derive(Debug)]
pub struct Row {
    /// The crate's name in Cargo.lock.
    pub package: &'static str,
    /// When the row counts.
    pub when: When,
    /// Why the packages are needed, as a phrase after the crate's name.
    pub why: &'static str,
    /// Debian.
    pub debian: Packages,
    /// Alpine.
    pub alpine: Packages,
}

/// Names of packages, separated by spaces.
#[derive(Clone, Copy, Debug)]
pub struct Packages {
    /// What the build needs.
    pub build: &'static str,
    /// What the program needs.
    pub run: &'static str,
    /// What the build of a static program needs, in addition.
    pub link: &'static str,
}

/// When a row counts. Cargo.lock has no features, but a feature that builds a bundled library
/// usually has a dependency.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// Always.
    Always,
    /// Unless the crate depends on one of these, which bring the library.
    Unless(&'static [&'static str]),
    /// If the crate depends on this one.
    With(&'static str),
    /// Unless one of these crates is in the build.
    Without(&'static [&'static str]),
    /// If another crate than these depends on it. These have it for other platforms or features.
    AboveOthersThan(&'static [&'static str]),
    /// If the workspace requests this feature of this crate.
    Asked(&'static str, &'static str),
}

use When::{AboveOthersThan, Always, Asked, Unless, With, Without};

const fn row(package: &'static str, when: When, why: &'static str, debian: Packages, alpine: Packages) -> Row {
    Row { package, when, why, debian, alpine }
}

/// Packages for the build and for the program.
const fn of(build: &'static str, run: &'static str) -> Packages {
    Packages { build, run, link: "" }
}

/// The same, with archives for a static program.
const fn or(build: &'static str, run: &'static str, link: &'static str) -> Packages {
    Packages { build, run, link }
}

const NONE: Packages = of("", "");
const CXX: Packages = of("g++", "libstdc++6");
const CXX_ALPINE: Packages = of("g++", "libstdc++");
const CMAKE: Packages = of("cmake g++ make", "libstdc++6");
const CMAKE_ALPINE: Packages = of("cmake g++ make", "libstdc++");
const MAKE: Packages = of("make", "");

/// Every crate that needs something.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    // TLS and cryptography.
    row("openssl-sys", Unless(&["openssl-src"]), "links OpenSSL", of("libssl-dev pkg-config", "libssl3"), or("openssl-dev pkgconf", "libssl3 libcrypto3", "openssl-libs-static")),
    row("openssl-src", Always, "compiles OpenSSL with perl and make", of("make perl", ""), of("linux-headers make perl", "")),
    row("aws-lc-sys", With("cmake"), "compiles AWS-LC, with cmake on some platforms", of("cmake make", ""), of("cmake make", "")),
    row("aws-lc-fips-sys", Always, "compiles the FIPS module of AWS-LC", of("cmake golang-go make perl", ""), of("cmake g++ go make perl", "")),
    row("boring-sys", Always, "compiles BoringSSL", of("cmake g++ git make", "libstdc++6"), of("cmake g++ git make", "libstdc++")),
    row("libsodium-sys", Always, "links or compiles libsodium", of("libsodium-dev pkg-config", "libsodium23"), or("libsodium-dev pkgconf", "libsodium", "libsodium-static")),
    row("libsodium-sys-stable", Always, "compiles libsodium with make", MAKE, MAKE),
    row("nettle-sys", Always, "links Nettle", of("nettle-dev pkg-config", "libnettle8 libhogweed6"), of("nettle-dev pkgconf", "nettle")),
    row("gpgme-sys", Always, "links GPGME", of("libgpgme-dev pkg-config", "libgpgme11"), of("gpgme-dev pkgconf", "gpgme")),
    row("libgpg-error-sys", Always, "links libgpg-error", of("libgpg-error-dev pkg-config", "libgpg-error0"), of("libgpg-error-dev pkgconf", "libgpg-error")),
    row("tss-esapi-sys", Always, "links the TPM software stack", of("libtss2-dev pkg-config", "libtss2-esys-3.0.2-0"), of("pkgconf tpm2-tss-dev", "tpm2-tss-esys")),
    row("pcsc-sys", Always, "links PC/SC", of("libpcsclite-dev pkg-config", "libpcsclite1"), of("pcsc-lite-dev pkgconf", "pcsc-lite-libs")),
    row("libgssapi-sys", Always, "links Kerberos", of("libkrb5-dev pkg-config", "libgssapi-krb5-2"), of("krb5-dev pkgconf", "krb5-libs")),
    row("krb5-sys", Always, "links Kerberos", of("libkrb5-dev pkg-config", "libkrb5-3"), of("krb5-dev pkgconf", "krb5-libs")),
    row("sasl2-sys", Unless(&["duct"]), "links Cyrus SASL", of("libsasl2-dev pkg-config", "libsasl2-2"), of("cyrus-sasl-dev pkgconf", "libsasl")),
    row("openldap-sys", Always, "links OpenLDAP", of("libldap2-dev pkg-config", "libldap-2.5-0"), of("openldap-dev pkgconf", "libldap")),
    row("pam-sys", Always, "links PAM", of("libpam0g-dev", "libpam0g"), of("linux-pam-dev", "linux-pam")),
    // Databases and queues.
    row("pq-sys", Unless(&["pq-src"]), "links libpq of PostgreSQL", of("libpq-dev pkg-config", "libpq5"), of("libpq-dev pkgconf", "libpq")),
    row("mysqlclient-sys", Unless(&["mysqlclient-src"]), "links the client of MySQL", of("libmariadb-dev pkg-config", "libmariadb3"), of("mariadb-connector-c-dev pkgconf", "mariadb-connector-c")),
    row("mysqlclient-src", Always, "compiles the client of MySQL", CMAKE, CMAKE_ALPINE),
    row("libsqlite3-sys", Unless(&["cc"]), "links SQLite", of("libsqlite3-dev pkg-config", "libsqlite3-0"), or("pkgconf sqlite-dev", "sqlite-libs", "sqlite-static")),
    row("libsqlite3-sys", Asked("rusqlite", "sqlcipher"), "links SQLCipher", of("libsqlcipher-dev pkg-config", "libsqlcipher0"), of("pkgconf sqlcipher-dev", "sqlcipher-libs")),
    row("rdkafka-sys", With("cmake"), "compiles librdkafka with cmake", CMAKE, CMAKE_ALPINE),
    row("rdkafka-sys", Asked("rdkafka", "dynamic-linking"), "links librdkafka", of("librdkafka-dev pkg-config", "librdkafka1"), of("librdkafka-dev pkgconf", "librdkafka")),
    row("rdkafka-sys", Unless(&["cmake"]), "compiles librdkafka with make", of("bash g++ make python3", "libstdc++6"), of("bash g++ make python3", "libstdc++")),
    row("librocksdb-sys", Always, "compiles RocksDB, and reads its headers with libclang", of("clang g++ libclang-dev", "libstdc++6"), of("clang-dev g++ linux-headers", "libstdc++")),
    row("tikv-jemalloc-sys", Always, "compiles jemalloc with make", MAKE, MAKE),
    row("jemalloc-sys", Always, "compiles jemalloc with make", MAKE, MAKE),
    row("zmq-sys", Always, "links ZeroMQ", of("libzmq3-dev pkg-config", "libzmq5"), of("pkgconf zeromq-dev", "libzmq")),
    row("zeromq-src", Always, "compiles ZeroMQ", CXX, CXX_ALPINE),
    row("odbc-sys", Always, "links unixODBC", of("unixodbc-dev", "libodbc2"), of("unixodbc-dev", "unixodbc")),
    // Compression: these compile their own copy with the C compiler that the image has.
    row("zstd-sys", Always, "compiles Zstandard, with the C compiler that is there", NONE, NONE),
    row("bzip2-sys", Always, "compiles bzip2, with the C compiler that is there", NONE, NONE),
    row("lz4-sys", Always, "compiles LZ4, with the C compiler that is there", NONE, NONE),
    row("lzma-sys", Always, "compiles liblzma, with the C compiler that is there", NONE, NONE),
    row("liblzma-sys", Always, "compiles liblzma, with the C compiler that is there", NONE, NONE),
    row("libz-sys", Unless(&["cmake"]), "compiles zlib, with the C compiler that is there", NONE, NONE),
    row("libz-sys", With("cmake"), "compiles zlib-ng with cmake", CMAKE, CMAKE_ALPINE),
    row("libz-ng-sys", Always, "compiles zlib-ng with cmake", CMAKE, CMAKE_ALPINE),
    row("snappy_src", Always, "compiles Snappy", CXX, CXX_ALPINE),
    row("ring", Always, "compiles its C and assembly, with the C compiler that is there", NONE, NONE),
    // Programs that generate code.
    row("prost-build", Without(&["protobuf-src", "protoc-bin-vendored", "protox"]), "runs protoc", of("libprotobuf-dev protobuf-compiler", ""), of("protobuf-dev protoc", "")),
    row("protoc-rust", Always, "runs protoc", of("libprotobuf-dev protobuf-compiler", ""), of("protobuf-dev protoc", "")),
    row("protobuf-src", Always, "compiles protoc", of("autoconf automake cmake g++ libtool make", ""), of("autoconf automake cmake g++ libtool make", "")),
    row("bindgen", AboveOthersThan(&["aws-lc-sys", "aws-lc-fips-sys", "coreaudio-sys", "libsqlite3-sys", "librocksdb-sys", "zstd-sys"]), "reads C headers with libclang", of("clang libclang-dev", ""), of("clang-dev", "")),
    row("clang-sys", Asked("clang-sys", "runtime"), "loads libclang", of("libclang-dev", ""), of("clang-dev", "")),
    row("cmake", AboveOthersThan(&["aws-lc-sys", "aws-lc-fips-sys", "libz-sys", "libz-ng-sys", "rdkafka-sys", "mysqlclient-src", "boring-sys", "protobuf-src"]), "compiles C or C++ with cmake", CMAKE, CMAKE_ALPINE),
    row("autotools", Always, "runs autoconf and make", of("autoconf automake libtool make", ""), of("autoconf automake libtool make", "")),
    row("nasm-rs", Always, "runs nasm", of("nasm", ""), of("nasm", "")),
    row("cxx-build", Always, "compiles C++", CXX, CXX_ALPINE),
    row("link-cplusplus", Always, "links the C++ library", CXX, CXX_ALPINE),
    row("esaxx-rs", With("cc"), "compiles C++", CXX, CXX_ALPINE),
    row("onig_sys", Always, "compiles Oniguruma, with the C compiler that is there", NONE, NONE),
    // Version control and transfer.
    row("libgit2-sys", Always, "compiles libgit2, with the C compiler that is there", NONE, NONE),
    row("libssh2-sys", Always, "compiles libssh2, with the C compiler that is there", NONE, NONE),
    row("curl-sys", Always, "compiles curl, with the C compiler that is there", NONE, NONE),
    row("libnghttp2-sys", Always, "compiles nghttp2, with the C compiler that is there", NONE, NONE),
    // Sound, pictures, and video.
    row("alsa-sys", Always, "links ALSA", of("libasound2-dev pkg-config", "libasound2"), of("alsa-lib-dev pkgconf", "alsa-lib")),
    row("libpulse-sys", Always, "links PulseAudio", of("libpulse-dev pkg-config", "libpulse0"), of("pkgconf pulseaudio-dev", "libpulse")),
    row("audiopus_sys", Always, "links Opus", of("libopus-dev pkg-config", "libopus0"), of("opus-dev pkgconf", "opus")),
    row("ffmpeg-sys-next", Always, "links FFmpeg", of("clang libavcodec-dev libavdevice-dev libavfilter-dev libavformat-dev libavutil-dev libclang-dev libswresample-dev libswscale-dev pkg-config", "libavcodec59 libavdevice59 libavfilter8 libavformat59 libavutil57 libswresample4 libswscale6"), of("clang-dev ffmpeg-dev pkgconf", "ffmpeg-libs")),
    row("dav1d-sys", Always, "links dav1d", of("libdav1d-dev pkg-config", "libdav1d6"), of("dav1d-dev pkgconf", "libdav1d")),
    row("libheif-sys", Always, "links libheif", of("libheif-dev pkg-config", "libheif1"), of("libheif-dev pkgconf", "libheif")),
    row("gstreamer-sys", Always, "links GStreamer", of("libgstreamer-plugins-base1.0-dev libgstreamer1.0-dev pkg-config", "libgstreamer-plugins-base1.0-0 libgstreamer1.0-0"), of("gst-plugins-base-dev gstreamer-dev pkgconf", "gst-plugins-base gstreamer")),
    row("tesseract-sys", Always, "links Tesseract", of("clang libclang-dev libleptonica-dev libtesseract-dev pkg-config", "liblept5 libtesseract5"), of("clang-dev leptonica-dev pkgconf tesseract-ocr-dev", "leptonica tesseract-ocr")),
    row("leptonica-sys", Always, "links Leptonica", of("clang libclang-dev libleptonica-dev pkg-config", "liblept5"), of("clang-dev leptonica-dev pkgconf", "leptonica")),
    row("fontconfig-sys", Always, "links fontconfig", of("libfontconfig1-dev pkg-config", "libfontconfig1"), of("fontconfig-dev pkgconf", "fontconfig")),
    row("yeslogic-fontconfig-sys", Always, "links fontconfig", of("libfontconfig1-dev pkg-config", "libfontconfig1"), of("fontconfig-dev pkgconf", "fontconfig")),
    row("freetype-sys", Always, "compiles FreeType, with the C compiler that is there", NONE, NONE),
    // Windows and devices.
    row("glib-sys", Always, "links GLib", of("libglib2.0-dev pkg-config", "libglib2.0-0"), of("glib-dev pkgconf", "glib")),
    row("cairo-sys-rs", Always, "links Cairo", of("libcairo2-dev pkg-config", "libcairo2"), of("cairo-dev pkgconf", "cairo")),
    row("pango-sys", Always, "links Pango", of("libpango1.0-dev pkg-config", "libpango-1.0-0"), of("pango-dev pkgconf", "pango")),
    row("gdk-pixbuf-sys", Always, "links GdkPixbuf", of("libgdk-pixbuf-2.0-dev pkg-config", "libgdk-pixbuf-2.0-0"), of("gdk-pixbuf-dev pkgconf", "gdk-pixbuf")),
    row("gtk-sys", Always, "links GTK 3", of("libgtk-3-dev pkg-config", "libgtk-3-0"), of("gtk+3.0-dev pkgconf", "gtk+3.0")),
    row("gtk4-sys", Always, "links GTK 4", of("libgtk-4-dev pkg-config", "libgtk-4-1"), of("gtk4.0-dev pkgconf", "gtk4.0")),
    row("webkit2gtk-sys", Always, "links WebKitGTK", of("libwebkit2gtk-4.1-dev pkg-config", "libwebkit2gtk-4.1-0"), of("pkgconf webkit2gtk-4.1-dev", "webkit2gtk-4.1")),
    row("soup3-sys", Always, "links libsoup", of("libsoup-3.0-dev pkg-config", "libsoup-3.0-0"), of("libsoup3-dev pkgconf", "libsoup3")),
    row("libdbus-sys", Unless(&["cc"]), "links D-Bus", of("libdbus-1-dev pkg-config", "libdbus-1-3"), of("dbus-dev pkgconf", "dbus-libs")),
    row("libudev-sys", Always, "links udev", of("libudev-dev pkg-config", "libudev1"), of("eudev-dev pkgconf", "eudev-libs")),
    row("libsystemd-sys", Always, "links systemd, which Alpine does not have", of("libsystemd-dev pkg-config", "libsystemd0"), NONE),
    row("libusb1-sys", Always, "compiles libusb, with udev", of("libudev-dev pkg-config", "libudev1"), of("eudev-dev linux-headers pkgconf", "eudev-libs")),
    row("hidapi", Always, "links udev", of("libudev-dev libusb-1.0-0-dev pkg-config", "libudev1 libusb-1.0-0"), of("eudev-dev libusb-dev linux-headers pkgconf", "eudev-libs libusb")),
    row("v4l2-sys-mit", Always, "reads the headers of Video4Linux with libclang", of("clang libclang-dev", ""), of("clang-dev linux-headers", "")),
    row("x11", Always, "links X11", of("libx11-dev pkg-config", "libx11-6"), of("libx11-dev pkgconf", "libx11")),
    row("sdl2-sys", Unless(&["cmake"]), "links SDL", of("libsdl2-dev", "libsdl2-2.0-0"), of("sdl2-dev", "sdl2")),
    row("fuser", Asked("fuser", "libfuse"), "links FUSE", of("libfuse3-dev pkg-config", "libfuse3-3"), of("fuse3-dev pkgconf", "fuse3-libs")),
    // Networks and the kernel.
    row("pcap", Always, "links libpcap", of("libpcap-dev", "libpcap0.8"), of("libpcap-dev", "libpcap")),
    row("libseccomp-sys", Always, "links libseccomp", of("libseccomp-dev pkg-config", "libseccomp2"), or("libseccomp-dev pkgconf", "libseccomp", "libseccomp-static")),
    row("libbpf-sys", Always, "compiles libbpf, and links libelf", of("libelf-dev make pkg-config zlib1g-dev", "libelf1 zlib1g"), of("elfutils-dev linux-headers make pkgconf zlib-dev", "libelf zlib")),
    row("unwind-sys", Always, "links libunwind", of("liblzma-dev libunwind-dev pkg-config", "libunwind8"), of("libunwind-dev pkgconf xz-dev", "libunwind")),
    // Text, science, and maps.
    row("libxml", Always, "links libxml2", of("clang libclang-dev libxml2-dev pkg-config", "libxml2"), of("clang-dev libxml2-dev pkgconf", "libxml2")),
    row("magic-sys", Always, "links libmagic", of("libmagic-dev pkg-config", "libmagic1"), of("file-dev pkgconf", "libmagic")),
    row("gmp-mpfr-sys", Always, "compiles GMP with m4 and make", of("m4 make", ""), of("m4 make", "")),
    row("openblas-src", Always, "links OpenBLAS", of("libopenblas-dev pkg-config", "libopenblas0"), of("openblas-dev pkgconf", "openblas")),
    row("hdf5-sys", Always, "links HDF5", of("libhdf5-dev pkg-config", "libhdf5-103-1"), of("hdf5-dev pkgconf", "hdf5")),
    row("gdal-sys", Always, "links GDAL", of("libgdal-dev pkg-config", "libgdal32"), of("gdal-dev pkgconf", "gdal")),
    row("proj-sys", Always, "compiles PROJ, which reads SQLite", of("cmake g++ libsqlite3-dev pkg-config sqlite3", "libsqlite3-0 libstdc++6"), of("cmake g++ make pkgconf sqlite sqlite-dev", "libstdc++ sqlite-libs")),
    row("geos-sys", Unless(&["geos-src"]), "links GEOS", of("libgeos-dev pkg-config", "libgeos-c1v5"), of("geos-dev pkgconf", "geos")),
    row("readline-sys", Always, "links readline", of("libreadline-dev", "libreadline8"), of("readline-dev", "readline")),
    row("ncurses", Always, "links ncurses", of("libncurses-dev pkg-config", "libncursesw6"), of("ncurses-dev pkgconf", "ncurses-libs")),
];

/// Crates that have the name of a binding and need nothing on Linux: they declare what the C
/// library or another platform has, or compile C with the compiler that is there.
pub const NOTHING: &[&str] = &[
    "android_log-sys",
    "block-sys",
    "core-foundation-sys",
    "core-graphics-sys",
    "coreaudio-sys",
    "cpython-sys",
    "dirs-sys",
    "fsevent-sys",
    "fuchsia-zircon-sys",
    "hermit-sys",
    "inotify-sys",
    "io-kit-sys",
    "isa-l-sys",
    "jni-sys",
    "js-sys",
    "kqueue-sys",
    "libbz2-rs-sys",
    "libfuzzer-sys",
    "libmimalloc-sys",
    "libwebp-sys",
    "libz-rs-sys",
    "linux-raw-sys",
    "lmdb-master-sys",
    "lmdb-rkv-sys",
    "lmdb-sys",
    "mdbx-sys",
    "mozjpeg-sys",
    "napi-sys",
    "mac-notification-sys",
    "ndk-sys",
    "netlink-sys",
    "objc-sys",
    "oboe-sys",
    "pyo3-ffi",
    "renderdoc-sys",
    "secp256k1-sys",
    "security-framework-sys",
    "system-configuration-sys",
    "wayland-sys",
    "web-sys",
    "wepoll-sys",
    "windows-sys",
    "wio-sys",
    "zlib-rs-sys",
];
