//! Where keys come from, from outside: the order, one identity for good, one search at a time, renewal ahead of the
//! end, files read again, keys of other accounts and whose they are, and no secret in any word.
#![cfg(test)]

mod accounts;
mod chosen;
mod clock;
mod files;
mod identity;
mod order;
mod owners;
mod profiles;
mod renewal;
mod secrets;
mod stage;
mod tokens;
