fn main() {
    #[cfg(target_os = "linux")]
    autocfg::rerun_path("build.rs");
}
