//! What the operator says of itself: logs and HTTP.

pub mod http;
pub mod logs;
