//! What is believed of a page before it was visited twice: what is known of other pages.

use std::collections::HashMap;

use super::belief::{Belief, Evidence, Sum};

/// So many links weigh as much as knowing nothing does.
const NOTHING: f64 = 4.0;
/// So many links of a host weigh as much as all other hosts together.
const ELSEWHERE: f64 = 6.0;
/// Rounds in which the rates of the archive's links are found from what was seen of each: what is likely for one is
/// likelier for all, and so on. After a few nothing moves.
const ROUNDS: usize = 6;

/// Rates of the links of an archive, and of each host.
#[derive(Debug, Clone, Default)]
pub struct Priors {
    archive: Belief,
    hosts: HashMap<String, Sum>,
}

impl Priors {
    /// From the hosts of all links, and what was seen of each.
    pub fn learn<'a>(links: impl Iterator<Item = (&'a str, &'a Evidence)> + Clone) -> Self {
        // Links that were not visited twice say nothing but what was believed already.
        let telling = links.filter(|(_, seen)| seen.intervals() > 0);
        let mut archive = Belief::default();
        for _ in 0..ROUNDS {
            let mut sum = Sum::default();
            for (_, seen) in telling.clone() {
                sum.add(&archive.after(seen), 1.0);
            }
            archive = sum.mean(&Belief::default(), NOTHING);
        }
        let mut hosts: HashMap<String, Sum> = HashMap::new();
        for (host, seen) in telling {
            let belief = archive.after(seen);
            match hosts.get_mut(host) {
                Some(sum) => sum.add(&belief, 1.0),
                None => hosts.entry(host.to_owned()).or_default().add(&belief, 1.0),
            }
        }
        Self { archive, hosts }
    }

    /// What is believed of a link: by what was seen of it, and by what is known of the other links of its host.
    pub fn belief(&self, host: &str, seen: &Evidence) -> Belief {
        let Some(sum) = self.hosts.get(host) else {
            return self.archive.after(seen);
        };
        let mut others = sum.clone();
        if seen.intervals() > 0 {
            others.add(&self.archive.after(seen), -1.0);
        }
        others.mean(&self.archive, ELSEWHERE).after(seen)
    }
}
