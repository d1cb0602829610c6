//! Being told to end: by Ctrl-C, by SIGTERM, or because whoever started us is gone.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::cli::{context, error::CliError};

/// Whether it was told to end. The second time ends the process at once.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on.
    pub fn listen() -> Result<Self, CliError> {
        let stop = Self::default();
        let told = stop.clone();
        let failed = |e: std::io::Error| CliError::failed(format!("signals cannot be listened to: {e}"), "");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let mut signals = {
            let _inside = runtime.enter();
            Signals::new().map_err(failed)?
        };
        let listening = move || {
            runtime.block_on(async {
                signals.next().await;
                context::note("ending: what is being run is stopped with what it has");
                told.0.store(true, Ordering::Release);
                signals.next().await;
                std::process::exit(130);
            });
        };
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(listening)
            .map_err(failed)?;
        Ok(stop)
    }

    pub fn is_told(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Without a console there is nobody to press Ctrl-C.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
