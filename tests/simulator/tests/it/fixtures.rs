//! The simulators that most tests start from.

use sae_simulator::{Application, Setup, Simulator};

/// Only `demo-shop`, with one group `g-1` and so many healthy instances.
pub fn shop(running: usize) -> Simulator {
    let sim = Setup::new().empty().start().unwrap();
    sim.put_application(Application::new("demo-shop").group("g-1", running).running(running));
    sim
}
