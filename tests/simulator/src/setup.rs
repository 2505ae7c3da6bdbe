//! How a simulator starts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Instant;

use crate::ACCOUNT_ID;
use crate::fixtures::documented_application;
use crate::simulator::{KEY_ID, KEY_SECRET, Simulator};
use crate::tls::Tls;
use crate::world::Shared;

/// The settings of a simulator; [`Setup::start`] makes it run.
#[derive(Clone, Debug)]
pub struct Setup {
    listen: SocketAddr,
    exposed: bool,
    tls: bool,
    documented: bool,
    calls_per_minute: Option<usize>,
}

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// It simulates an account whose keys everybody knows, and its control endpoint asks for none.
    #[error(
        "cannot listen on {0}: the simulator listens on loopback, such as 127.0.0.1:0, unless it is told to be exposed"
    )]
    NotLoopback(SocketAddr),
    /// The address is taken, or not of this machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// No thread, or none with a runtime.
    #[error("cannot start the server's thread: {0}")]
    Thread(io::Error),
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            exposed: false,
            tls: false,
            documented: true,
            calls_per_minute: None,
        }
    }
}

impl Setup {
    /// Plain HTTP on a free port, one demo key, the documented application, no quota.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another address, of loopback unless [`Setup::exposed`]; port 0 is any free port.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Others may reach it: pods of a cluster on this machine. Whoever does may also change it.
    pub fn exposed(mut self) -> Self {
        self.exposed = true;
        self
    }

    /// HTTPS with an authority of its own: [`Simulator::ca_pem`].
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Without the documented application.
    pub fn empty(mut self) -> Self {
        self.documented = false;
        self
    }

    /// A quota: SAE's own is 60 calls in any 60 seconds.
    pub fn calls_per_minute(mut self, calls: usize) -> Self {
        self.calls_per_minute = Some(calls);
        self
    }

    /// Starts it, in a thread of its own: a test may block without silencing it.
    pub fn start(self) -> Result<Simulator, SetupError> {
        let Self { listen, exposed, tls, documented, calls_per_minute } = self;
        if !exposed && !listen.ip().is_loopback() {
            return Err(SetupError::NotLoopback(listen));
        }
        let listener =
            TcpListener::bind(listen).map_err(|source| SetupError::Listen { address: listen, source })?;
        let world = Shared::default();
        {
            let mut world = world.lock();
            world.access.add(ACCOUNT_ID, KEY_ID, KEY_SECRET);
            let account = world.account(ACCOUNT_ID);
            account.quota.calls_per_minute = calls_per_minute;
            if documented {
                account.applications.put(documented_application(), Instant::now());
            }
        }
        Simulator::run(listener, tls.then(|| Tls::new(listen.ip())), world).map_err(SetupError::Thread)
    }
}
