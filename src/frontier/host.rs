//! What the frontier knows of one host: its window of jobs, and when it may be asked again.

use std::{collections::VecDeque, time::Duration};

use super::Job;
use crate::model::time::Timestamp;

pub(super) struct Host {
    pub name: String,
    /// The window: jobs loaded and not handed out.
    pub queue: VecDeque<Job>,
    /// Whether the archive may hold more of its tasks.
    pub more: bool,
    /// The last task row that was loaded.
    pub last_loaded: i64,
    pub in_flight: usize,
    /// Not to be asked before.
    pub next_at: Timestamp,
    /// What its robots.txt asks for.
    pub crawl_delay: Duration,
    /// Whether it stands in the queue of ready hosts.
    pub is_ready: bool,
}

impl Host {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            queue: VecDeque::new(),
            more: false,
            last_loaded: 0,
            in_flight: 0,
            next_at: Timestamp::default(),
            crawl_delay: Duration::ZERO,
            is_ready: false,
        }
    }

    /// Local documents have no host: nobody is disturbed by reading them.
    pub fn is_local(&self) -> bool {
        self.name.is_empty()
    }
}
