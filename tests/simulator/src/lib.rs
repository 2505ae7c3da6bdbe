//! Placeholder for the simulator.
