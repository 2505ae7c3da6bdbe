//! Placeholder for the control plane.
