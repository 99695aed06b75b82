pub fn double(n: libc::c_int) -> libc::c_int {
    n * 2
}
