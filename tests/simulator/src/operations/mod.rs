//! What SAE answers: one file an operation. They read the state and the parameters and give the answer's
//! body; identity, quota and faults are the gateway's affair.

mod applications;
mod availability;
mod change_orders;
mod events;
mod filters;
mod groups;
mod instances;
mod page;
mod status;

pub(crate) use page::Paging;

use serde_json::{Value, json};

use crate::application::Application;
use crate::applications::Applications;
use crate::availability_list::AvailabilityLists;
use crate::kind::AppSource;
use crate::operation::Operation;
use crate::refusal::{self, Refusal};
use crate::request::Request;

/// What an operation may look at.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) request: &'a Request,
    pub(crate) applications: &'a Applications,
    pub(crate) paging: Paging,
}

impl<'a> Question<'a> {
    /// The `AppId` that is asked about, which must exist in the region.
    fn application(self) -> Result<&'a Application, Refusal> {
        let id = self.required("AppId")?;
        let found = self.applications.get(id).filter(|application| self.is_in_region(application));
        found.ok_or_else(refusal::unknown_application)
    }

    /// Whether an application is in the region that is asked, if one is named.
    fn is_in_region(self, application: &Application) -> bool {
        self.request.region().is_none_or(|region| region == application.region)
    }

    fn required(self, parameter: &str) -> Result<&'a str, Refusal> {
        self.request.parameter(parameter).ok_or_else(|| refusal::missing(parameter))
    }

    /// The filter `AppSource`; absent: all sources.
    fn source(self) -> Result<Option<AppSource>, Refusal> {
        let Some(text) = self.request.parameter("AppSource") else { return Ok(None) };
        let source = serde_json::from_value(json!(text));
        source.map(Some).map_err(|_| refusal::invalid_parameter(format_args!("AppSource: {text}")))
    }

    /// A flag; the official Python SDK writes `True`, the documentation `true`.
    fn flag(self, parameter: &str) -> Result<bool, Refusal> {
        let text = self.request.parameter(parameter).unwrap_or("false").to_ascii_lowercase();
        text.parse().map_err(|_| refusal::invalid_parameter(format_args!("{parameter}: {text}")))
    }
}

/// The answer's own fields; the gateway adds the rest of the envelope.
pub(crate) fn perform(
    operation: Operation,
    question: Question<'_>,
    availability: &mut AvailabilityLists,
) -> Result<Value, Refusal> {
    match operation {
        Operation::DescribeApplicationInstances => instances::describe(question),
        Operation::DescribeApplicationGroups => groups::describe(question),
        Operation::DescribeApplicationStatus => status::describe(question),
        Operation::ListApplications => applications::list(question),
        Operation::GetAvailabilityMetric => availability::get(question, availability),
        Operation::ListChangeOrders => change_orders::list(question),
        Operation::DescribeChangeOrder => change_orders::describe(question),
        Operation::ListAppEvents => events::list(question),
        Operation::AssumeRole
        | Operation::AssumeRoleWithOIDC
        | Operation::GetCallerIdentity
        | Operation::MetadataToken
        | Operation::MetadataRole
        | Operation::MetadataCredentials
        | Operation::CredentialsUri
        | Operation::Unknown => Err(refusal::unknown_api()),
    }
}
