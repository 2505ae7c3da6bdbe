//! Answers of SAE: two bytes of HTTP status, then the body.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saewatch::sae::strangers::read_answer(bytes));
