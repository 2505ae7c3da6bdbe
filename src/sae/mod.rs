//! The only place that knows SAE's wire format: sign, send, decode, classify.

mod error;
mod operations;

pub use error::{Class, Error};
pub use operations::{
    Api, ApplicationCounts, ApplicationsCall, ApplicationsPage, GroupsCall, InstancesCall, InstancesPage,
    StatusCall,
};
