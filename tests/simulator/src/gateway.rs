//! The way of every call: admitted or refused, struck by a fault or not, answered, logged.

use std::time::Instant;

use serde_json::json;

use crate::ACCOUNT_ID;
use crate::account::Account;
use crate::answer::Answer;
use crate::envelope;
use crate::fault::Fault;
use crate::identity::Identity;
use crate::log::Call;
use crate::operation::Operation;
use crate::operations::{self, Paging, Question};
use crate::refusal::{self, Refusal};
use crate::request::Request;
use crate::sign::hex;
use crate::sts;
use crate::world::World;

/// The version of SAE's API; there is no other.
const VERSION: &str = "2019-05-06";

impl World {
    /// Answers a call and logs it.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        let operation = Operation::of(request);
        let request_id = request_id();
        let mut call = Call::new(operation, request, &request_id);

        call.account = call.key_id.as_deref().and_then(|key| self.access.account_of(key)).map(str::to_owned);

        let admitted = self.admit(operation, request);
        let fault = admitted
            .as_ref()
            .ok()
            .and_then(|caller| self.account(&caller.account).faults.draw(operation, request));
        call.fault = fault.as_ref().map(|fault| fault.effect.clone());
        let answer = admitted
            .and_then(|caller| self.perform(operation, request, &caller, fault.as_ref(), &request_id));
        let answer = answer.unwrap_or_else(|refusal| refusal.into_answer(&request_id, request.host()));
        let mut answer = match fault {
            Some(fault) => answer.struck_by(fault, operation, &request_id, request.host()),
            None => answer,
        };

        call.status = answer.status;
        call.code = answer.code();
        self.calls.add(call);
        answer.headers.push(("x-acs-request-id".to_owned(), request_id));
        answer.headers.push(("date".to_owned(), self.clock.http_date()));
        answer
    }

    /// Whether the caller may ask this now; answers who it is.
    fn admit(&mut self, operation: Operation, request: &Request) -> Result<Identity, Refusal> {
        let caller = match operation {
            Operation::DescribeApplicationInstances
            | Operation::DescribeApplicationGroups
            | Operation::DescribeApplicationStatus
            | Operation::ListApplications
            | Operation::GetAvailabilityMetric
            | Operation::ListChangeOrders
            | Operation::DescribeChangeOrder
            | Operation::ListAppEvents => self.admit_to_sae(operation, request)?,
            Operation::AssumeRole | Operation::GetCallerIdentity => {
                sts::check(&mut self.access, request, self.clock)?
            }
            // Not signed: who holds a good token, or is on the machine, may ask.
            Operation::AssumeRoleWithOIDC
            | Operation::MetadataToken
            | Operation::MetadataRole
            | Operation::MetadataCredentials
            | Operation::CredentialsUri => Identity::anonymous(ACCOUNT_ID),
            Operation::Unknown => return Err(refusal::unknown_api()),
        };
        match self.account(&caller.account).denials.get(&operation) {
            Some(code) => Err(refusal::denied(code, operation, &caller)),
            None => Ok(caller),
        }
    }

    /// The checks of a signed call of SAE, in the order of the gateway; answers whose key it was.
    fn admit_to_sae(&mut self, operation: Operation, request: &Request) -> Result<Identity, Refusal> {
        if request.method != "GET" {
            return Err(refusal::wrong_method());
        }
        let caller = self.access.check(request, self.clock.now())?;
        match request.header("x-acs-version") {
            Some(VERSION) => {}
            other => return Err(refusal::wrong_version(other.unwrap_or_default())),
        }
        if request.header("x-acs-action") != Some(operation.to_string().as_str()) {
            return Err(refusal::unknown_api());
        }
        self.account(&caller.account).quota.take(Instant::now())?;
        Ok(caller)
    }

    fn perform(
        &mut self,
        operation: Operation,
        request: &Request,
        caller: &Identity,
        fault: Option<&Fault>,
        request_id: &str,
    ) -> Result<Answer, Refusal> {
        match operation {
            Operation::DescribeApplicationInstances
            | Operation::DescribeApplicationGroups
            | Operation::DescribeApplicationStatus
            | Operation::ListApplications
            | Operation::GetAvailabilityMetric
            | Operation::ListChangeOrders
            | Operation::DescribeChangeOrder
            | Operation::ListAppEvents
            | Operation::Unknown => {
                let paging = Paging { overlap: fault.map_or(0, Fault::overlap), ..self.paging };
                let Account { applications, availability, .. } = self.account(&caller.account);
                let question = Question { request, applications, paging };
                let body = operations::perform(operation, question, availability)?;
                Ok(Answer::json(200, envelope::good(operation, body, request_id)))
            }
            Operation::AssumeRole | Operation::AssumeRoleWithOIDC | Operation::GetCallerIdentity => {
                let mut body = sts::perform(self, operation, request, caller)?;
                body["RequestId"] = json!(request_id);
                Ok(Answer::json(200, body))
            }
            Operation::MetadataToken
            | Operation::MetadataRole
            | Operation::MetadataCredentials
            | Operation::CredentialsUri => {
                let Self { access, clock, machine, .. } = self;
                Ok(machine.answer(operation, request, access, *clock))
            }
        }
    }
}

/// As Alibaba Cloud writes them: a UUID in upper case.
fn request_id() -> String {
    let digits = hex(&fastrand::u128(..).to_be_bytes()).to_uppercase();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
