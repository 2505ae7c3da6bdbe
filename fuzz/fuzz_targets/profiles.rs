//! Files of credentials, in both of their forms.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saewatch::sae::untrusted_input::read_profiles(bytes));
