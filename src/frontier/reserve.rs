//! Which host the last permit is kept for.
//!
//! Where there are fewer permits than hosts, and one host alone needs about as long as all permits
//! together need for all hosts, that host must not stand in line at every step: the run would end so
//! much later. Keeping a permit idle until that host may be asked again costs less.

use std::time::Duration;

use super::host::Host;

#[derive(Debug, Default)]
pub(super) struct Reserve {
    holder: Option<(usize, Duration)>,
    /// Questions until the hosts are looked at again, which takes time for each of them.
    good_for: usize,
}

/// A permit is kept for so many times as long as it takes, on the average, until one comes back.
const PATIENCE: u128 = 2;
/// The longest host decides how long a run takes from this share of the permits' own time on.
const DECIDES: (u128, u128) = (7, 10);

impl Reserve {
    /// The host with the longest way to go, if it decides how long the run takes, and how long a
    /// permit may be kept for it: as long as it takes until another one comes back.
    pub fn holder(&mut self, hosts: &[Host], permits: usize) -> Option<(usize, Duration)> {
        if self.good_for == 0 {
            self.good_for = hosts.len();
            self.holder = find(hosts, permits as u128);
        }
        self.good_for -= 1;
        self.holder
    }
}

fn find(hosts: &[Host], permits: u128) -> Option<(usize, Duration)> {
    let (longest, host) = hosts.iter().enumerate().max_by_key(|(_, host)| host.to_go())?;
    let work: u128 = hosts.iter().map(Host::work).sum();
    if host.to_go() == 0 || host.to_go() * permits * DECIDES.1 < work * DECIDES.0 {
        return None;
    }
    let left: u128 = hosts.iter().map(Host::left).sum();
    let until_one_is_back = work / left.max(1) / permits;
    let millis = u64::try_from(PATIENCE * until_one_is_back).unwrap_or(0);
    Some((longest, Duration::from_millis(millis)))
}
