//! What can be asked: the operations of SAE, of STS, of the metadata service and of a credentials URI.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::request::{Request, find};
use crate::sts;

/// One thing that can be called, named as in the documentation of its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// SAE: the instances of one group.
    DescribeApplicationInstances,
    /// SAE: the groups of one application.
    DescribeApplicationGroups,
    /// SAE: whether one application runs.
    DescribeApplicationStatus,
    /// SAE: all applications.
    ListApplications,
    /// SAE: the applications with the most abnormal instances.
    GetAvailabilityMetric,
    /// SAE: what was changed about one application.
    ListChangeOrders,
    /// SAE: one of these changes.
    DescribeChangeOrder,
    /// SAE: what the cluster below an application says.
    ListAppEvents,
    /// STS: keys for a role, asked with keys.
    AssumeRole,
    /// STS: keys for a role, asked with a token of an identity provider; not signed.
    AssumeRoleWithOIDC,
    /// STS: whose keys the call is signed with.
    GetCallerIdentity,
    /// Metadata service: the token that version 2 demands.
    MetadataToken,
    /// Metadata service: the name of the role of this machine.
    MetadataRole,
    /// Metadata service: keys for that role.
    MetadataCredentials,
    /// The credentials URI.
    CredentialsUri,
    /// Anything else: answered with `InvalidApi.NotFound`.
    Unknown,
}

/// The path of the credentials URI.
pub(crate) const CREDENTIALS_PATH: &str = "/credentials";
/// The path of the metadata service's token.
pub(crate) const METADATA_TOKEN_PATH: &str = "/latest/api/token";
/// The folder of the metadata service that holds the role.
pub(crate) const METADATA_ROLE_PATH: &str = "/latest/meta-data/ram/security-credentials/";

impl Operation {
    /// The operations of SAE itself.
    pub const SAE: [Self; 8] = [
        Self::DescribeApplicationInstances,
        Self::DescribeApplicationGroups,
        Self::DescribeApplicationStatus,
        Self::ListApplications,
        Self::GetAvailabilityMetric,
        Self::ListChangeOrders,
        Self::DescribeChangeOrder,
        Self::ListAppEvents,
    ];

    /// What a request asks for: SAE and the metadata service by path, STS by its `Action`.
    pub(crate) fn of(request: &Request) -> Self {
        match request.path.as_str() {
            "/" => Self::of_sts(request),
            METADATA_TOKEN_PATH => Self::MetadataToken,
            METADATA_ROLE_PATH => Self::MetadataRole,
            CREDENTIALS_PATH => Self::CredentialsUri,
            path if path.starts_with(METADATA_ROLE_PATH) => Self::MetadataCredentials,
            path => Self::SAE.into_iter().find(|op| op.path() == Some(path)).unwrap_or(Self::Unknown),
        }
    }

    fn of_sts(request: &Request) -> Self {
        match find(&sts::parameters(request), "Action") {
            Some("AssumeRole") => Self::AssumeRole,
            Some("AssumeRoleWithOIDC") => Self::AssumeRoleWithOIDC,
            Some("GetCallerIdentity") => Self::GetCallerIdentity,
            _ => Self::Unknown,
        }
    }

    /// As RAM policies name it.
    pub(crate) fn action(self) -> String {
        let service = if self.path().is_some() { "sae" } else { "sts" };
        format!("{service}:{self}")
    }

    /// The path of an operation of SAE.
    pub fn path(self) -> Option<&'static str> {
        match self {
            Self::DescribeApplicationInstances => Some("/pop/v1/sam/app/describeApplicationInstances"),
            Self::DescribeApplicationGroups => Some("/pop/v1/sam/app/describeApplicationGroups"),
            Self::DescribeApplicationStatus => Some("/pop/v1/sam/app/describeApplicationStatus"),
            Self::ListApplications => Some("/pop/v1/sam/app/listApplications"),
            Self::GetAvailabilityMetric => Some("/pop/v1/sam/getAvailabilityMetric"),
            Self::ListChangeOrders => Some("/pop/v1/sam/changeorder/ListChangeOrders"),
            Self::DescribeChangeOrder => Some("/pop/v1/sam/changeorder/DescribeChangeOrder"),
            Self::ListAppEvents => Some("/pop/v1/sam/app/listAppEvents"),
            Self::AssumeRole
            | Self::AssumeRoleWithOIDC
            | Self::GetCallerIdentity
            | Self::MetadataToken
            | Self::MetadataRole
            | Self::MetadataCredentials
            | Self::CredentialsUri
            | Self::Unknown => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
