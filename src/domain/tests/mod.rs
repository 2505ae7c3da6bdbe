//! What the rules promise as a whole (contract §2 to §7); the rules of one file alone are tested there.

mod account_laws;
mod accounts;
mod conditions;
mod damping;
mod diagnosis;
mod diagnosis_evidence;
mod events;
mod freshness;
mod health;
mod identity;
mod laws;
mod legality;
mod listing;
mod missing_account;
mod once;
mod revision;
mod set_events;
mod set_laws;
mod set_status;
mod sets;
mod silence;
mod since;
mod target;
