//! Telling our own outage from the web's.

/// Hosts below which nothing can be said.
const HOSTS: u64 = 5;
/// Share of failing hosts from which it is us.
const SHARE: f64 = 0.8;

/// True when so many hosts failed at DNS or connect that the fault is ours: then no verdict is given.
/// Any HTTP answer counts a host as up.
pub fn is_our_outage(hosts: u64, failing: u64) -> bool {
    hosts >= HOSTS && failing as f64 >= SHARE * hosts as f64
}

#[cfg(test)]
mod tests {
    #[test]
    fn needs_many_hosts_and_most_of_them() {
        for (hosts, failing, ours) in [
            (0, 0, false),
            (4, 4, false),
            (5, 4, true),
            (5, 5, true),
            (10, 7, false),
            (10, 8, true),
        ] {
            assert_eq!(super::is_our_outage(hosts, failing), ours, "{failing} of {hosts}");
        }
    }
}
