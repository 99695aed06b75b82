//! Names of variables that reach C compilers and build scripts.
//!
//! In: the name of a variable. Out: whether it counts for units that see the system. A table that
//! touches nothing.
//!
//! An unnecessary row costs time. A missing row may restore a unit that was built for another
//! library. But variables that a build script watches are compared anyway (`watch.rs`).

/// A rule for the names of variables that reach C compilers and build scripts.
enum Name {
    /// This name.
    Is(&'static str),
    /// Names with this prefix.
    Begins(&'static str),
    /// Names with this suffix.
    Ends(&'static str),
    /// Names that contain this.
    Holds(&'static str),
}

const COUNTED: &[Name] = &[
    // Compilers and tools, as the `cc` crate searches for them: alone, for a target, for the host.
    Name::Is("CC"),
    Name::Begins("CC_"),
    Name::Ends("_CC"),
    Name::Is("CXX"),
    Name::Begins("CXX_"),
    Name::Ends("_CXX"),
    Name::Is("AR"),
    Name::Begins("AR_"),
    Name::Ends("_AR"),
    Name::Is("NM"),
    Name::Is("RANLIB"),
    Name::Begins("RANLIB_"),
    Name::Is("STRIP"),
    // Variables of the dynamic linker, and a linker.
    Name::Begins("LD"),
    // Their flags.
    Name::Begins("CFLAGS"),
    Name::Ends("_CFLAGS"),
    Name::Begins("CXXFLAGS"),
    Name::Ends("_CXXFLAGS"),
    Name::Begins("CPPFLAGS"),
    Name::Ends("_LDFLAGS"),
    Name::Begins("ARFLAGS"),
    Name::Begins("CRATE_CC_"),
    Name::Holds("CXXSTDLIB"),
    Name::Begins("NIX_"),
    // Places of libraries and headers.
    Name::Begins("PKG_CONFIG"),
    Name::Begins("CMAKE"),
    Name::Begins("OPENSSL"),
    Name::Is("LIBRARY_PATH"),
    Name::Is("CPATH"),
    Name::Is("C_INCLUDE_PATH"),
    Name::Is("CPLUS_INCLUDE_PATH"),
    Name::Is("INCLUDE"),
    Name::Is("LIB"),
    // The system to compile for.
    Name::Is("SDKROOT"),
    Name::Ends("DEPLOYMENT_TARGET"),
    Name::Begins("ANDROID_"),
    Name::Begins("NDK"),
    Name::Begins("WASI_"),
    // Variables of generators of bindings and sources.
    Name::Begins("BINDGEN_"),
    Name::Begins("LIBCLANG"),
    Name::Begins("LLVM_"),
    Name::Begins("PROTOC"),
    Name::Begins("PYO3_"),
    Name::Begins("PYTHON_SYS_"),
    // Variables that select the library of a `-sys` crate.
    Name::Begins("DEP_"),
    Name::Holds("_SYS_"),
    Name::Begins("VCPKG"),
    Name::Ends("_USE_PKG_CONFIG"),
    Name::Ends("_NO_PKG_CONFIG"),
    Name::Ends("_NO_VENDOR"),
    Name::Ends("_DIR"),
    Name::Ends("_ROOT"),
    Name::Ends("_LIB"),
    Name::Ends("_LIBS"),
    Name::Ends("_STATIC"),
    Name::Ends("_LINKER"),
    Name::Ends("_INCLUDE"),
];

/// Exceptions: variables of the session, cargo's own settings, and ours. cargo compares its own
/// settings.
const NOT_COUNTED: &[Name] = &[
    Name::Is("CARGO_TARGET_DIR"),
    Name::Is("CARGO_MANIFEST_DIR"),
    Name::Begins("CARGO_BUILD_"),
    Name::Begins("LARDER_"),
    Name::Begins("XDG_"),
    Name::Begins("RUNNER_"),
    Name::Begins("GITHUB_"),
    Name::Begins("CI_"),
    Name::Is("TEMP_DIR"),
    // Programs that switch between versions of a language: their directories, and the one that they
    // were called in. What they lead to counts as a tool.
    Name::Begins("ASDF_"),
    Name::Begins("NVM_"),
    Name::Begins("PYENV_"),
    Name::Begins("RBENV_"),
    Name::Begins("SDKMAN_"),
    // Certificates are for the network.
    Name::Is("NIX_SSL_CERT_FILE"),
    Name::Is("SSL_CERT_DIR"),
];

fn is_one_of(rules: &[Name], name: &str) -> bool {
    rules.iter().any(|rule| match rule {
        Name::Is(text) => name == *text,
        Name::Begins(text) => name.starts_with(text),
        Name::Ends(text) => name.ends_with(text),
        Name::Holds(text) => name.contains(text),
    })
}

/// Returns whether a variable reaches C compilers or build scripts, judged by its name. Variables
/// that a script names are watched.
pub fn counts(name: &str) -> bool {
    is_one_of(COUNTED, name) && !is_one_of(NOT_COUNTED, name)
}

/// Returns whether a variable names a compiler or a linker.
pub fn is_program(name: &str) -> bool {
    let rules = [
        Name::Is("CC"),
        Name::Begins("CC_"),
        Name::Ends("_CC"),
        Name::Is("CXX"),
        Name::Begins("CXX_"),
        Name::Ends("_CXX"),
        Name::Is("LD"),
        Name::Ends("_LINKER"),
    ];
    is_one_of(&rules, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_reach_c_and_build_scripts_count_and_those_of_the_session_do_not() {
        for name in [
            "CC",
            "CC_x86_64_unknown_linux_gnu",
            "TARGET_CC",
            "HOST_CXX",
            "CFLAGS_x86_64-unknown-linux-gnu",
            "CXXFLAGS",
            "AR",
            "LDFLAGS",
            "LD_LIBRARY_PATH",
            "PKG_CONFIG_PATH",
            "CMAKE_TOOLCHAIN_FILE",
            "OPENSSL_DIR",
            "OPENSSL_STATIC",
            "LIBRARY_PATH",
            "C_INCLUDE_PATH",
            "LIBGIT2_NO_VENDOR",
            "ROCKSDB_LIB_DIR",
            "SQLITE3_STATIC",
            "LIBCLANG_PATH",
            "VCPKG_ROOT",
            "PYO3_PYTHON",
            "LIBZ_SYS_STATIC",
            "AWS_LC_SYS_CMAKE_BUILDER",
            "NIX_LDFLAGS",
            "ANDROID_NDK_HOME",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "MACOSX_DEPLOYMENT_TARGET",
        ] {
            assert!(counts(name), "{name}");
        }
        for name in [
            "PATH",
            "HOME",
            "TERM",
            "HOSTNAME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_BUILD_DIR",
            "XDG_RUNTIME_DIR",
            "RUNNER_TOOL_DIR",
            "LARDER_CACHE",
            "PYENV_DIR",
            "PYENV_ROOT",
            "SSL_CERT_DIR",
            "PWD",
        ] {
            assert!(!counts(name), "{name}");
        }
    }
}
