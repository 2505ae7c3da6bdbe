//! saewatch
