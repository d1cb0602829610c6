//! What a run may do: politeness and budgets, with what differs for hosts that the user names.

use std::time::Duration;

use crate::model::{host::ByHost, time::Timestamp};

/// A wait that a host asks for is waited for within a run up to this. Beyond, its links are left for
/// the next run.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Limits of a run. Zero means "no limit" wherever a limit is optional.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Exchanges in flight at once.
    pub concurrency: usize,
    /// Exchanges in flight at once with one host; 0: no limit.
    pub host_concurrency: usize,
    /// Time between two requests to one host, at least. Zero together with no limit to a host's
    /// concurrency means that hosts are not spared at all: only what they ask for counts.
    pub host_interval: Duration,
    /// Redirects followed in one chain.
    pub max_redirects: usize,
    /// Exchanges in this run; 0: no limit.
    pub max_pages: u64,
    /// Body bytes received in this run; 0: no limit.
    pub max_bytes: u64,
    /// No new exchange is begun from this time on.
    pub until: Option<Timestamp>,
    /// Whether robots.txt is asked for and obeyed.
    pub obey_robots: bool,
    /// What the user said of single hosts.
    pub hosts: ByHost<HostOverride>,
}

/// What differs for a host; `None` where nothing does.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostOverride {
    /// In place of [`Limits::host_concurrency`].
    pub concurrency: Option<usize>,
    /// In place of [`Limits::host_interval`] and of what the host's robots.txt asks for.
    pub interval: Option<Duration>,
    /// In place of [`Limits::obey_robots`].
    pub obey_robots: Option<bool>,
}

/// The limits that hold for one host.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostLimits {
    /// 0: no limit.
    concurrency: usize,
    pub interval: Duration,
    /// The user named the host and the interval: its robots.txt is not asked for another.
    pub interval_is_own: bool,
    pub obey_robots: bool,
}

impl HostLimits {
    pub fn of(limits: &Limits, host: &str) -> Self {
        let own = limits.hosts.get(host).copied().unwrap_or_default();
        Self {
            concurrency: own.concurrency.unwrap_or(limits.host_concurrency),
            interval: own.interval.unwrap_or(limits.host_interval),
            interval_is_own: own.interval.is_some(),
            obey_robots: own.obey_robots.unwrap_or(limits.obey_robots),
        }
    }

    /// Exchanges at once at most.
    pub fn most(&self) -> usize {
        if self.concurrency == 0 {
            usize::MAX
        } else {
            self.concurrency
        }
    }

    /// Neither limit is set: nothing adapts, backs off or breaks.
    pub fn is_unlimited(&self) -> bool {
        self.concurrency == 0 && self.interval.is_zero()
    }
}
