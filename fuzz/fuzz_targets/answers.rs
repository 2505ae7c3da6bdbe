//! Answers of SAE: two bytes of HTTP status, then the body.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saewatch::sae::untrusted_input::read_answer(bytes));
