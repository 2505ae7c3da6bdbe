//! Which keys are searched: the first that the chain finds, or those of one profile.

use crate::api::ProfileName;
use crate::sae::Environment;

/// Which keys are searched.
#[derive(Debug, Clone, Copy)]
pub(super) enum Choice<'a> {
    /// The first that the chain finds, in a file those of the profile that `ALIBABA_CLOUD_PROFILE` names.
    Chain,
    /// Those of this profile, whatever the environment says.
    Profile(&'a ProfileName),
}

impl Choice<'_> {
    /// The name of the profile that is chosen; `None` where that is left to the file.
    pub(super) fn profile(self, environment: &Environment) -> Option<String> {
        match self {
            Self::Chain => environment.get("ALIBABA_CLOUD_PROFILE"),
            Self::Profile(name) => Some(name.to_string()),
        }
    }

    /// How another profile, or `section`, is chosen.
    pub(super) fn how_to_choose_another(self, what: &str) -> String {
        match self {
            Self::Chain => format!("choose another {what} with ALIBABA_CLOUD_PROFILE"),
            Self::Profile(_) => format!("choose another {what}"),
        }
    }
}
