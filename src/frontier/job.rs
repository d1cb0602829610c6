//! What the frontier holds and what it asks for: a task under way, and the next step.

use crate::model::{
    run::Task,
    time::Timestamp,
    url::Url,
    verdict::{Access, Transport},
};

/// A task on its way along its redirects.
#[derive(Debug, Clone)]
pub struct Job {
    /// The task.
    pub task: Task,
    /// Where it stands now: the task's URL, or what a redirect led to.
    pub url: Url,
    /// Where it has been, with how many cookies it then carried.
    pub(super) visited: Vec<(Url, usize)>,
    /// How many cookies it carries on the request it was handed out for.
    pub(super) carried: usize,
    /// Cookies of this chain: host, name, value. Kept in memory only.
    pub cookies: Vec<(String, String, String)>,
}

impl Job {
    pub(super) fn new(task: Task) -> Self {
        Self {
            url: task.url.clone(),
            task,
            visited: Vec::new(),
            carried: 0,
            cookies: Vec::new(),
        }
    }
}

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// Ask for this. A permit is taken until [`super::Frontier::release`].
    Fetch(Box<Job>),
    /// Get the robots.txt at this address. A permit is taken until [`super::Frontier::robots`].
    Robots(Url),
    /// A rule says no: record that, without asking.
    Refuse(Box<Job>, Access, String),
    /// The host's robots.txt could not be reached: that is the link's own reading.
    Unreachable(Box<Job>, Transport, String),
    /// Load waiting tasks of this host, those after this row, and hand them to [`super::Frontier::refill`].
    Refill(String, i64),
    /// Nothing before this time.
    WaitUntil(Timestamp),
    /// Nothing until something in flight comes back; the end when nothing is.
    Idle,
}
