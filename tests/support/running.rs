//! A process that a test starts and that ends with the test.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output};

/// A running command. It is killed with a test that fails before the end: whoever waits for what the test held, such as a
/// lock, would wait for this process too.
pub struct Running(Option<Child>);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(Some(command.spawn().unwrap()))
    }

    /// Its process, which is there until it is interrupted.
    pub fn child(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }

    /// What it prints, line by line.
    pub fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
        BufReader::new(self.child().stdout.take().unwrap()).lines().map(Result::unwrap)
    }

    /// Ends it as Ctrl-C does.
    pub fn interrupt(mut self) -> Output {
        let child = self.0.take().unwrap();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        child.wait_with_output().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may have ended by itself; then there is nothing to kill.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
