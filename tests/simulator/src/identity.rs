//! Whose key it is, as `GetCallerIdentity` says it.

use serde_json::{Value, json};

/// The account of a key, and who in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The number of the account.
    pub(crate) account: String,
    pub(crate) principal: Principal,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A RAM user. Each access key belongs to one of its own, named as the key.
    User(String),
    /// A session of a role.
    AssumedRole { role: String, session: String },
    /// The caller of an operation that is not signed.
    Anonymous,
}

impl Identity {
    pub(crate) fn user(account: &str, name: &str) -> Self {
        Self { account: account.to_owned(), principal: Principal::User(name.to_owned()) }
    }

    pub(crate) fn assumed_role(account: &str, role: &str, session: &str) -> Self {
        let principal = Principal::AssumedRole { role: role.to_owned(), session: session.to_owned() };
        Self { account: account.to_owned(), principal }
    }

    pub(crate) fn anonymous(account: &str) -> Self {
        Self { account: account.to_owned(), principal: Principal::Anonymous }
    }

    /// The name that a RAM denial shows.
    pub(crate) fn display_name(&self) -> String {
        match &self.principal {
            Principal::User(name) => name.clone(),
            Principal::AssumedRole { role, session } => format!("{role}:{session}"),
            Principal::Anonymous => "anonymous".to_owned(),
        }
    }

    /// The `Arn`.
    pub(crate) fn arn(&self) -> String {
        let Self { account, principal } = self;
        match principal {
            Principal::User(name) => format!("acs:ram::{account}:user/{name}"),
            Principal::AssumedRole { role, session } => {
                format!("acs:ram::{account}:assumed-role/{role}/{session}")
            }
            Principal::Anonymous => format!("acs:ram::{account}:anonymous"),
        }
    }

    /// The response of `GetCallerIdentity`. The ids of users and roles are made up.
    pub(crate) fn describe(&self) -> Value {
        let mut body = json!({ "AccountId": self.account, "Arn": self.arn() });
        match &self.principal {
            Principal::AssumedRole { role: _, session } => {
                body["IdentityType"] = json!("AssumedRoleUser");
                body["RoleId"] = json!(ROLE_ID);
                body["PrincipalId"] = json!(format!("{ROLE_ID}:{session}"));
            }
            Principal::User(_) | Principal::Anonymous => {
                body["IdentityType"] = json!("RAMUser");
                body["UserId"] = json!("200000000000000001");
                body["PrincipalId"] = json!("200000000000000001");
            }
        }
        body
    }
}

/// The id of every role.
pub(crate) const ROLE_ID: &str = "300000000000000001";
