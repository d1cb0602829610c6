//! Crawler traps: addresses that a site makes up without end. Only links found on cited pages are looked
//! at (depth 2 and more): what an article itself cites is asked for, however it looks.

use std::collections::HashMap;

use crate::model::url::{self, Url};

/// Path segments at most.
const SEGMENTS: usize = 24;
/// Characters at most.
const LENGTH: usize = 2_000;
/// How often one segment may occur in a path.
const REPEATED: usize = 3;
/// Parameters in a query at most.
const PARAMETERS: usize = 16;
/// Addresses of one shape visited on one host in a run: calendars, sort orders, session ids.
const SHAPE: u32 = 500;
/// Shapes remembered at most; beyond that the count begins anew, which bounds memory.
const SHAPES: usize = 100_000;

/// Counts addresses by shape.
#[derive(Debug, Default)]
pub(super) struct Traps {
    shapes: HashMap<String, u32>,
}

impl Traps {
    /// Why an address looks made up, if it does. Counts it as visited otherwise.
    pub fn refuses(&mut self, url: &Url) -> Option<String> {
        if let Some(why) = alone(url) {
            return Some(why);
        }
        if self.shapes.len() >= SHAPES {
            self.shapes.clear();
        }
        let seen = self.shapes.entry(shape(url)?).or_default();
        *seen += 1;
        (*seen > SHAPE)
            .then(|| format!("looks like a crawler trap: more than {SHAPE} addresses that differ only in numbers"))
    }
}

/// What can be said of one address by itself.
fn alone(url: &Url) -> Option<String> {
    let trap = |why: &str| Some(format!("looks like a crawler trap: {why}"));
    if url.as_str().len() > LENGTH {
        return trap(&format!("more than {LENGTH} characters"));
    }
    let segments: Vec<&str> = url.path().split('/').filter(|s| !s.is_empty()).collect();
    if segments.len() > SEGMENTS {
        return trap(&format!("more than {SEGMENTS} steps in its path"));
    }
    let times = |segment: &&str| segments.iter().filter(|other| *other == segment).count();
    if let Some(again) = segments.iter().find(|segment| times(segment) > REPEATED) {
        return trap(&format!("{again:?} comes more than {REPEATED} times in its path"));
    }
    let parameters = url.query().map_or(0, |query| query.split('&').count());
    if parameters > PARAMETERS {
        return trap(&format!("more than {PARAMETERS} parameters"));
    }
    None
}

/// The address with each run of digits, and each long run of hexadecimal ones, as one sign. `None` when it has none.
fn shape(url: &Url) -> Option<String> {
    let mut out = url::host(url).to_owned();
    let mut numbers = false;
    for part in [url.path(), "?", url.query().unwrap_or("")] {
        for word in part.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            let (core, end) = match word.char_indices().next_back() {
                Some((at, last)) if !last.is_ascii_alphanumeric() => word.split_at(at),
                _ => (word, ""),
            };
            let digits = core.bytes().filter(u8::is_ascii_digit).count();
            let random = core.len() >= 16 && digits >= 3 && core.bytes().all(|b| b.is_ascii_alphanumeric());
            if random || (digits > 0 && digits == core.len()) {
                numbers = true;
                out.push('#');
            } else {
                out.push_str(core);
            }
            out.push_str(end);
        }
    }
    numbers.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn knows_an_endless_address_by_its_looks() {
        for (path, trapped) in [
            ("/a/b/c", false),
            ("/2024/05/05/a-day-in-may", false),
            ("/en/docs/en/docs/en/docs/en/docs/x", true),
            ("/a/a/a", false),
            ("/a/b/a/b/a/b/a", true),
            (
                "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25",
                true,
            ),
            (
                "/?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11&l=12&m=13&n=14&o=15&p=16&q=17",
                true,
            ),
            ("/search?q=tides&page=2", false),
        ] {
            assert_eq!(
                alone(&url(&format!("http://a.example{path}"))).is_some(),
                trapped,
                "{path}"
            );
        }
        assert!(alone(&url(&format!("http://a.example/{}", "x".repeat(2_100)))).is_some());
    }

    #[test]
    fn a_calendar_ends_and_its_neighbours_do_not() {
        let mut traps = Traps::default();
        let day = |n: u32| url(&format!("http://a.example/calendar?y={}&d={}", n / 365, n % 365));
        let refused = (0..2_000).filter(|n| traps.refuses(&day(*n)).is_some()).count();
        assert_eq!(refused, 2_000 - SHAPE as usize);
        for n in 0..2_000 {
            let name = url(&format!("http://a.example/people/{}", words(n)));
            assert_eq!(traps.refuses(&name), None);
        }
        assert!(traps.refuses(&url("http://b.example/calendar?y=1&d=1")).is_none());
    }

    fn words(n: u32) -> String {
        n.to_string().bytes().map(|b| char::from(b - b'0' + b'a')).collect()
    }

    #[test]
    fn session_ids_have_one_shape() {
        let one = shape(&url("http://a.example/x?sid=9f8e7d6c5b4a39281706f5e4d3c2b1a0"));
        let two = shape(&url("http://a.example/x?sid=00112233445566778899aabbccddeeff"));
        assert!(one.is_some() && one == two);
        assert_eq!(shape(&url("http://a.example/about/people")), None);
    }
}
