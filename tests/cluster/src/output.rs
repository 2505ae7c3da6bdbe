//! What kubectl or helm answered.

use std::process::{ExitStatus, Stdio};

use tokio::{io::AsyncWriteExt, process::Command};

use crate::Error;

/// A command that has ended, well or not.
#[derive(Clone, Debug)]
pub struct Output {
    /// The command line, without the folder of the program.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// All it wrote to standard output.
    pub stdout: String,
    /// All it wrote to standard error.
    pub stderr: String,
}

impl Output {
    /// Standard output if the command succeeded; otherwise an error with the command line and both texts.
    pub fn checked(self) -> Result<String, Error> {
        let Self { command, status, stdout, stderr } = self;
        if status.success() { Ok(stdout) } else { Err(Error::Command { command, status, stdout, stderr }) }
    }

    /// Runs the program with these arguments and this input to its end. If the future is dropped before, the
    /// program is killed.
    pub(crate) async fn of(program: &str, mut command: Command, input: &str) -> Result<Self, Error> {
        let arguments = command.as_std().get_args().map(|argument| argument.to_string_lossy());
        let line = [program.into()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ");
        let failed = || Error::io(format!("run `{line}`"));
        let mut child = command
            .kill_on_drop(true)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed())?;
        let pipe = child.stdin.take();
        // Both at once: a program that answers while it still reads would otherwise wait for us, and we for it.
        let write = async {
            if let Some(mut pipe) = pipe {
                // A program that ends without reading its input (an unknown flag) is no failure of ours.
                let _ = pipe.write_all(input.as_bytes()).await;
            }
        };
        let ((), output) = tokio::join!(write, child.wait_with_output());
        let output = output.map_err(failed())?;
        Ok(Self {
            command: line,
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}
