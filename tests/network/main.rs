//! How the binary reaches SAE and a cluster: through which proxies, trusting whom, and what it says when it cannot.
#![cfg(test)]

mod kubernetes;
mod proxy;
mod sae;
mod secrets;
mod server;
mod stage;
