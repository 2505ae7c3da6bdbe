//! The real operator, scheduler and all, on an API server and an SAE in memory and a clock that leaps: hours of
//! polling in milliseconds, and every fault at the moment a test wants it.
//!
//! `world` puts it together; `cluster` is the API server, `sae` the script of SAE, `life` one process of the
//! operator, `walk` a story with everything in it. The other files are the promises.
#![cfg(test)]

mod cluster;
mod life;
mod sae;
mod walk;
mod world;

mod agreement;
mod crash_sweep;
mod damage;
mod departures;
mod isolation;
mod metrics;
mod restarts;
mod silence;
mod trouble;
