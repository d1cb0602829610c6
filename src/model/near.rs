//! Which of many known addresses somebody may have meant by one that is not among them.

use super::surt::surt_text;

/// How many are suggested.
const SUGGESTED: usize = 3;
/// Slips of the pen in the name of a host that are forgiven.
const SLIPS: usize = 2;
/// Longest name of a host (RFC 1035 section 2.3.4); longer ones are no names.
const NAME_MAX: usize = 255;

/// Keeps the best of the addresses that it is offered.
#[derive(Debug)]
pub struct Near {
    wanted: String,
    host: String,
    path: String,
    best: Vec<(Likeness, String)>,
}

/// The greater, the likelier; of equal ones the first in the alphabet.
type Likeness = (u8, usize);

impl Near {
    /// To what somebody typed.
    pub fn to(wanted: &str) -> Self {
        let wanted = wanted.trim().to_lowercase();
        let (host, path) = parts(&wanted);
        Self {
            wanted,
            host,
            path,
            best: Vec::new(),
        }
    }

    /// Considers one address.
    pub fn offer(&mut self, address: &str) {
        let Some(likeness) = self.likeness(address) else {
            return;
        };
        let better = |other: &(Likeness, String)| (likeness, other.1.as_str()) < (other.0, address);
        let place = self.best.partition_point(better);
        if place < SUGGESTED {
            self.best.insert(place, (likeness, address.to_owned()));
            self.best.truncate(SUGGESTED);
        }
    }

    /// The likeliest first.
    pub fn best(self) -> Vec<String> {
        self.best.into_iter().map(|(_, address)| address).collect()
    }

    /// A part of the address; the same host, and how much of the path is the same; a host that is nearly
    /// the same.
    fn likeness(&self, address: &str) -> Option<Likeness> {
        let (host, path) = parts(address);
        let common = common_start(&path, &self.path);
        if !self.wanted.is_empty() && address.to_lowercase().contains(&self.wanted) {
            Some((3, common))
        } else if host == self.host && !host.is_empty() {
            Some((2, common))
        } else if is_nearly(&host, &self.host) {
            Some((1, common))
        } else {
            None
        }
    }
}

/// Host and path as SURT has them, so that scheme, `www` and the last slash do not count.
fn parts(address: &str) -> (String, String) {
    let key = surt_text(address);
    match key.split_once(')') {
        Some((host, path)) => (host.to_owned(), path.to_owned()),
        None => (String::new(), key),
    }
}

fn common_start(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// Whether at most [`SLIPS`] letters were put in, left out or mistaken (Levenshtein 1966), and most of the
/// name is right.
fn is_nearly(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > SLIPS || a.len().max(b.len()) > NAME_MAX || a.len().min(b.len()) < 3 * SLIPS {
        return false;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let put = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = put.min(row[j] + 1).min(corner + 1);
        }
        if row.iter().all(|distance| *distance > SLIPS) {
            return false;
        }
    }
    row[b.len()] <= SLIPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_was_probably_meant() {
        let known = [
            "https://example.org/2024/harbour",
            "https://example.org/2024/hills",
            "https://example.org/about",
            "https://example.org/contact",
            "https://www.museum.example/exhibitions/bridges",
            "http://other.example/",
        ];
        for (typed, want) in [
            (
                "http://example.org/2024/harbor",
                &["https://example.org/2024/harbour", "https://example.org/2024/hills"][..],
            ),
            (
                "exhibitions/bridges",
                &["https://www.museum.example/exhibitions/bridges"],
            ),
            ("museum.example", &["https://www.museum.example/exhibitions/bridges"]),
            ("exmaple.org/about", &["https://example.org/about"]),
            ("http://nowhere.test/", &[]),
            ("", &[]),
        ] {
            let mut near = Near::to(typed);
            known.iter().for_each(|address| near.offer(address));
            let best = near.best();
            assert!(best.iter().take(want.len()).eq(want), "{typed}: {best:?}");
            assert!(
                best.len() <= SUGGESTED && (!want.is_empty() || best.is_empty()),
                "{typed}: {best:?}"
            );
        }
    }

    #[test]
    fn the_order_in_which_they_come_does_not_matter() {
        let known: Vec<String> = (0..20).map(|n| format!("http://example.org/{n}")).collect();
        let suggested = |order: &mut dyn Iterator<Item = &String>| {
            let mut near = Near::to("http://example.org/x");
            order.for_each(|address| near.offer(address));
            near.best()
        };
        let forwards = suggested(&mut known.iter());
        assert_eq!(forwards, suggested(&mut known.iter().rev()));
        assert_eq!(
            forwards,
            ["http://example.org/0", "http://example.org/1", "http://example.org/10"]
        );
    }

    #[test]
    fn two_slips_are_forgiven_in_a_name() {
        for (a, b, want) in [
            ("org,example", "org,exmaple", true),
            ("org,example", "org,exampl", true),
            ("org,example", "org,example,blog", false),
            ("org,a", "org,b", false),
            ("com,example", "org,example", false),
            ("", "", false),
        ] {
            assert_eq!(is_nearly(a, b), want, "{a} {b}");
        }
    }
}
