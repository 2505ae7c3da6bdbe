//! The real operator, scheduler and all, on an API server and an SAE in memory and a clock that leaps: hours of
//! polling in milliseconds, and every fault at the moment a test wants it.
//!
//! `world` puts it together; `cluster` is the API server, `sae` the script of SAE, `life` one process of the
//! operator, `walk` a story with everything in it, `crashes` a walk after a crash behind each call, `chaos` none; `laws`
//! hold after every write, `targets` whenever everything is stored; `story` is an afternoon of many applications;
//! `trace` writes down what was done, and `scenes` compares it with what was done before; `diagnosis` is what the tests
//! of diagnoses share. The other files are the promises.
#![cfg(test)]

mod chaos;
mod cluster;
mod crashes;
mod laws;
mod life;
mod sae;
mod story;
mod target_table;
mod trace;
mod walk;
mod world;

mod agreement;
mod chatter;
mod crash_sweep;
mod damage;
mod dashboard;
mod departures;
mod diagnosis;
mod diagnosis_chaos;
mod diagnosis_crash_sweep;
mod diagnosis_identity;
mod diagnosis_life;
mod handover;
mod isolation;
mod metrics;
mod restarts;
mod scenes;
mod sets;
mod sets_crash_sweep;
mod silence;
mod size;
mod stability;
mod throttled;
mod trouble;
mod writes;
