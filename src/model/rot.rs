//! Links -> how long they last, and on which hosts they do not.

use std::collections::{BTreeMap, HashMap};

use super::{
    report::{HostRot, LinkReport, Survival},
    statistics::{Ends, kaplan_meier, wilson},
    time::Timestamp,
    url::{self, Url},
};

/// The definition printed with [`Survival`].
pub const SURVIVAL_DEFINITION: &str = "Kaplan-Meier estimate of the share of links that last longer than so many days, \
     counted from the day the article is held against (cited_at), else from the day the link was first seen; a link is \
     lost on the day since when it is dead or replaced, confirmed on another day, and all others are counted until they \
     were last seen well; links that their article no longer has are counted with what was known of them; left out are \
     links that were never seen well, unless they are lost and the day they were cited is known";

/// Links of a host from which on it is told of.
const ENOUGH: u64 = 3;
/// Hosts that are told of.
const HOSTS: usize = 20;

const DAY: u64 = 24 * 3600;

/// Takes links in one by one; keeps a number for each day and each host.
#[derive(Debug, Default)]
pub struct Rot {
    ends: BTreeMap<u32, Ends>,
    unconfirmed: u64,
    left_out: u64,
    hosts: HashMap<String, (u64, u64)>,
}

/// How long a link is known to have lasted, and whether it is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Life {
    days: u32,
    lost: bool,
}

impl Rot {
    /// Takes in a link of an article that is held against `cited_at`, where that is known.
    pub fn add(&mut self, link: &LinkReport, cited_at: Option<Timestamp>) {
        match life(link, cited_at) {
            Some(Life { days, lost: true }) => self.ends.entry(days).or_default().lost += 1,
            Some(Life { days, lost: false }) => self.ends.entry(days).or_default().left += 1,
            None => self.left_out += 1,
        }
        self.unconfirmed += u64::from(link.class.is_lost() && !link.confirmed);
        if link.state != "present" || !link.class.is_checked() {
            return;
        }
        if let Ok(url) = Url::parse(&link.url) {
            let host = self.hosts.entry(url::host(&url).to_owned()).or_default();
            host.0 += 1;
            host.1 += u64::from(link.class.is_lost());
        }
    }

    /// What is told of them.
    pub fn told(self) -> (Survival, Vec<HostRot>) {
        let steps = kaplan_meier(&self.ends);
        let survival = Survival {
            definition: SURVIVAL_DEFINITION,
            links: self.ends.values().map(|ends| ends.lost + ends.left).sum(),
            lost: self.ends.values().map(|ends| ends.lost).sum(),
            unconfirmed: self.unconfirmed,
            left_out: self.left_out,
            steps,
        };
        let mut hosts: Vec<HostRot> = self
            .hosts
            .into_iter()
            .filter(|(_, (links, lost))| *links >= ENOUGH && *lost > 0)
            .map(|(host, (links, lost))| HostRot {
                host,
                links,
                lost,
                at_least: wilson(lost, links).0,
            })
            .collect();
        hosts.sort_by(|a, b| b.at_least.total_cmp(&a.at_least).then_with(|| a.host.cmp(&b.host)));
        hosts.truncate(HOSTS);
        (survival, hosts)
    }
}

fn life(link: &LinkReport, cited_at: Option<Timestamp>) -> Option<Life> {
    let begun = cited_at.unwrap_or(link.first_seen);
    let days = |end: Timestamp| u32::try_from(end.since(begun).as_secs() / DAY).unwrap_or(u32::MAX);
    let is_lost = link.class.is_lost() && link.confirmed;
    match (link.since.filter(|_| is_lost), link.last_good) {
        // Of one that was lost when it was first seen it must be known how old it was.
        (Some(since), good) if good.is_some() || cited_at.is_some() => Some(Life {
            days: days(since),
            lost: true,
        }),
        (None, Some(good)) => Some(Life {
            days: days(good),
            lost: false,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{report::LinkReport, verdict::Class};

    fn day(n: i64) -> Timestamp {
        Timestamp::from_millis(n * DAY as i64 * 1000)
    }

    /// First seen on day 100.
    fn a_link(class: Class, since: Option<i64>, confirmed: bool, last_good: Option<i64>) -> LinkReport {
        LinkReport {
            class,
            since: since.map(day),
            confirmed,
            last_good: last_good.map(day),
            ..LinkReport::unvisited("note.md", "https://example.org/", day(100))
        }
    }

    #[test]
    fn a_link_lasts_until_it_is_lost_or_no_longer_seen() {
        let life =
            |link: &LinkReport, cited_at: Option<i64>| life(link, cited_at.map(day)).map(|life| (life.days, life.lost));
        use Class::*;
        for (class, since, confirmed, last_good, cited_at, want) in [
            (Ok, Some(100), true, Some(130), None, Some((30, false))),
            (Ok, Some(100), true, Some(130), Some(30), Some((100, false))),
            (Dead, Some(120), true, Some(110), None, Some((20, true))),
            (Replaced, Some(120), true, Some(140), None, Some((20, true))),
            // Not yet for certain.
            (Dead, Some(120), false, Some(110), None, Some((10, false))),
            (Suspect, Some(120), true, Some(110), None, Some((10, false))),
            // Lost when it was first seen: of an age that is known, or not.
            (Dead, Some(100), true, None, Some(40), Some((60, true))),
            (Dead, Some(100), true, None, None, None),
            (Blocked, Some(100), true, None, Some(40), None),
            (Skipped, None, false, None, Some(40), None),
            // Cited after it was seen.
            (Ok, Some(100), true, Some(130), Some(200), Some((0, false))),
        ] {
            let link = a_link(class, since, confirmed, last_good);
            assert_eq!(
                life(&link, cited_at),
                want,
                "{class} {since:?} {confirmed} {last_good:?} {cited_at:?}"
            );
        }
    }

    #[test]
    fn hosts_are_told_of_by_what_is_certain() {
        let mut rot = Rot::default();
        let mut take = |host: &str, classes: &[Class]| {
            for class in classes {
                let url = format!("https://{host}/");
                let link = LinkReport {
                    url,
                    ..a_link(*class, Some(100), false, Some(100))
                };
                rot.add(&link, None);
            }
        };
        take("two.example", &[Class::Dead; 2]);
        take("sound.example", &[Class::Ok; 9]);
        take("three.example", &[Class::Dead, Class::Replaced, Class::Dead]);
        take("many.example", &[[Class::Dead; 15], [Class::Ok; 15]].concat());
        take(
            "unasked.example",
            &[Class::Dead, Class::Excluded, Class::Skipped, Class::Unchecked],
        );
        let (survival, hosts) = rot.told();
        let told: Vec<_> = hosts
            .iter()
            .map(|host| (host.host.as_str(), host.lost, host.links))
            .collect();
        assert_eq!(told, [("three.example", 3, 3), ("many.example", 15, 30)]);
        assert_eq!((survival.lost, survival.unconfirmed), (0, 21));
    }
}
