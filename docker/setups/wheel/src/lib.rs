use pyo3::prelude::*;

/// How often a letter of ASCII is in a text.
#[pyfunction]
fn count(text: &str, letter: char) -> usize {
    u8::try_from(letter).map_or(0, |byte| memchr::memchr_iter(byte, text.as_bytes()).count())
}

#[pyfunction]
fn about() -> &'static str {
    "letters"
}

#[pymodule]
fn letters(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(count, module)?)?;
    module.add_function(wrap_pyfunction!(about, module)?)
}
