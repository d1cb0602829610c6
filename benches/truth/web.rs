//! A web of two epochs: links of known kinds, and what is answered to each in either epoch.

use std::collections::HashMap;

use crate::{
    kind::Kind,
    plan::deal,
    random::Random,
    site::{Manner, Reply, Site, sites},
    story::{Author, Edit, Story},
};

/// Where the article is that cites everything.
pub const ARTICLE: (&str, &str) = ("gazette.example", "/sources");

/// Lengths of texts in paragraphs.
const LENGTHS: [usize; 9] = [1, 2, 2, 4, 5, 8, 12, 20, 30];

/// One cited address.
pub struct Link {
    pub url: String,
    /// Of what make its site is.
    pub make: String,
    /// What it is in either epoch; nothing where it is not cited yet.
    pub kinds: [Option<Kind>; 2],
}

/// The whole web.
pub struct Web {
    pub sites: Vec<Site>,
    pub links: Vec<Link>,
    answers: [HashMap<String, Reply>; 2],
}

/// A link that is being made.
struct Cited<'a> {
    site: &'a Site,
    number: usize,
    path: String,
    story: Story,
    /// Host and path that its text stands at, where it does not stand at its own.
    elsewhere: (&'static str, String),
}

impl Web {
    pub fn new(seed: u64, links: usize) -> Self {
        let sites = sites(seed);
        let mut web = Self {
            sites: Vec::new(),
            links: Vec::new(),
            answers: Default::default(),
        };
        let weights: usize = sites.iter().map(|site| site.manner.weight()).sum();
        let share = |site: &Site| links * site.manner.weight() / weights;
        // What division leaves over goes to the hosts that come first.
        let over = links - sites.iter().map(share).sum::<usize>();
        for (n, site) in sites.iter().enumerate() {
            web.furnish(site);
            let random = Random::of(&[seed, 4, n as u64]);
            for kinds in deal(site.manner, share(site) + usize::from(n < over), random) {
                web.cite(&sites, site, seed, kinds);
            }
        }
        web.articles();
        web.sites = sites;
        web
    }

    /// What is answered to a request.
    pub fn answer(&self, second: bool, host: &str, path: &str) -> Reply {
        if let Some(reply) = self.answers[usize::from(second)].get(&key(host, path)) {
            return reply.clone();
        }
        let noise = path.bytes().fold(7, |noise: u64, byte| {
            noise.wrapping_mul(31).wrapping_add(u64::from(byte) + u64::from(second))
        });
        match self.sites.iter().find(|site| site.host == host) {
            Some(site) => site.stranger(second, path, noise),
            None => Reply::html(404, "<title>404</title><p>Not found".into()),
        }
    }

    fn put(&mut self, epoch: usize, host: &str, path: &str, reply: Reply) {
        self.answers[epoch].insert(key(host, path), reply);
    }

    /// A home page, and what honest sites say to robots.
    fn furnish(&mut self, site: &Site) {
        for epoch in 0..2 {
            let lapsed = epoch == 1 && matches!(site.manner, Manner::Expiring | Manner::Sold);
            if !lapsed && site.manner != Manner::Application {
                self.put(epoch, site.host, "/", Reply::html(200, site.home(epoch as u64)));
            }
            if site.manner == Manner::Honest {
                let rules = Reply::Page {
                    status: 200,
                    headers: vec![("content-type", "text/plain".into())],
                    body: "User-agent: *\nDisallow: /internal/\n".into(),
                };
                self.put(epoch, site.host, "/robots.txt", rules);
            }
        }
    }

    /// Makes one link, with its answers in both epochs.
    fn cite(&mut self, sites: &[Site], site: &Site, seed: u64, (first, second): (Kind, Kind)) {
        let number = self.links.len();
        let mut random = Random::of(&[seed, 5, number as u64]);
        let directory = match (first, random.below(3)) {
            (Kind::Robots, _) => "/internal/",
            (_, 0) => "/",
            (_, 1) => "/news/",
            _ => "/archive/2019/",
        };
        let name = match random.below(3) {
            0 => format!("view?id={number}"),
            1 => format!("{number}.html"),
            _ => format!("page-{}-{number}", &random.token()[..6]),
        };
        let (story, mut author) = write(site, &mut random, first, second);
        let honest: Vec<&Site> = sites.iter().filter(|site| site.manner == Manner::Honest).collect();
        let host = match random.below(3) {
            0 => random.pick(&honest).host,
            _ => site.host,
        };
        let cited = Cited {
            site,
            number,
            path: format!("{directory}{name}"),
            story,
            elsewhere: (host, format!("/stories/{number}")),
        };
        self.stage(0, &cited, first, &mut author);
        self.stage(1, &cited, second, &mut author);
        self.links.push(Link {
            url: format!("http://{}{}", site.host, cited.path),
            make: site.make(),
            kinds: [Some(first), Some(second)],
        });
        if second == Kind::MovedSilently {
            self.links.push(Link {
                url: format!("http://{}{}", cited.elsewhere.0, cited.elsewhere.1),
                make: site.make(),
                kinds: [None, Some(Kind::Arrived)],
            });
        }
    }

    /// Makes an address what it is to be in one epoch.
    fn stage(&mut self, epoch: usize, cited: &Cited<'_>, kind: Kind, author: &mut Author<'_>) {
        let Cited { site, path, story, .. } = cited;
        let (host, number) = (site.host, cited.number as u64);
        let noise = 2 * number + epoch as u64;
        let page = |story: &Story, noise| Reply::html(200, site.page(story, path, noise));
        let mut edited = |edit| page(&author.edited(story, edit), noise);
        let bare = |status| Reply::html(status, format!("<title>{status}</title><p>{status}"));
        let reply = match kind {
            Kind::Fine | Kind::AboutLost | Kind::Noise | Kind::Recovered => page(story, noise),
            Kind::SameBytes => page(story, 2 * number),
            Kind::Redesign => Reply::html(200, site.redesigned(story, path, noise)),
            Kind::Number => edited(Edit::Number),
            Kind::Word => edited(Edit::Word),
            Kind::SentenceAdded => edited(Edit::SentenceAdded),
            Kind::ParagraphRemoved => edited(Edit::ParagraphRemoved),
            Kind::Correction => edited(Edit::Correction),
            Kind::Rewritten => edited(Edit::Everything),
            Kind::Temporary | Kind::TemporaryChain | Kind::Permanent | Kind::PermanentChain | Kind::Moved => {
                return self.redirects(epoch, cited, kind, page(story, noise));
            }
            Kind::Slash => {
                let slash = format!("{path}/");
                self.put(epoch, host, &slash, page(story, noise));
                Reply::redirect(301, &slash)
            }
            Kind::Loop => {
                let turn = format!("/turn/{number}");
                self.put(epoch, host, &turn, Reply::redirect(302, path));
                Reply::redirect(302, &turn)
            }
            Kind::Login => {
                let login = format!("/login?next={}", path.replace('/', "%2F").replace(['?', '='], "-"));
                self.put(epoch, host, &login, Reply::html(200, site.login_page(path, noise)));
                Reply::redirect(302, &login)
            }
            Kind::Gone => bare(410),
            Kind::Forbidden => bare(403),
            Kind::Limited => bare(429),
            Kind::Failing => bare(500),
            Kind::Overloaded => bare(503),
            Kind::Hanging => Reply::Silence,
            Kind::NoReply => Reply::HangUp,
            Kind::Empty => Reply::html(200, String::new()),
            Kind::LikeErrorPage => Reply::html(200, site.error_page(path, noise)),
            Kind::Withdrawn => Reply::html(200, site.withdrawal(path, noise)),
            Kind::SentHome => Reply::redirect(302, "/"),
            Kind::MovedSilently => {
                let (host, path) = &cited.elsewhere;
                return self.put(epoch, host, path, page(story, noise));
            }
            // What the host does with any address that it does not know, or what nobody asks for.
            Kind::Missing | Kind::AnythingGoes | Kind::HomeForAll | Kind::WelcomeForAll => return,
            Kind::Shell | Kind::Refused | Kind::Parked | Kind::Usurped | Kind::Robots => return,
            Kind::Arrived => unreachable!("it comes with the link that moved"),
        };
        self.put(epoch, host, path, reply);
    }

    /// An address that leads elsewhere, over one step or more.
    fn redirects(&mut self, epoch: usize, cited: &Cited<'_>, kind: Kind, page: Reply) {
        let even = cited.number.is_multiple_of(2);
        let statuses: &[u16] = match kind {
            Kind::Temporary if even => &[302],
            Kind::Temporary => &[307],
            Kind::TemporaryChain => &[302, 303, 307],
            Kind::Permanent if even => &[308],
            Kind::PermanentChain => &[302, 301, 302],
            _ => &[301],
        };
        let mut from = (cited.site.host, cited.path.clone());
        for (n, status) in statuses.iter().enumerate() {
            let to = match n + 1 == statuses.len() {
                true => cited.elsewhere.clone(),
                false => (cited.site.host, format!("/step/{}-{n}", cited.number)),
            };
            let location = format!("http://{}{}", to.0, to.1);
            self.put(epoch, from.0, &from.1, Reply::redirect(*status, &location));
            from = to;
        }
        self.put(epoch, from.0, &from.1, page);
    }

    /// The article as it stands in either epoch.
    fn articles(&mut self) {
        for epoch in 0..2 {
            let cited = self.links.iter().filter(|link| link.kinds[epoch].is_some());
            let items: String = cited
                .enumerate()
                .map(|(n, link)| format!("<p>See <a href=\"{}\">source {n}</a>.</p>\n", link.url))
                .collect();
            let article = format!(
                "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sources</title><article><h1>Sources</h1>\n{items}</article>"
            );
            self.put(epoch, ARTICLE.0, ARTICLE.1, Reply::html(200, article));
        }
    }
}

/// Writes what a link leads to, and gives the author back for edits.
fn write<'a>(site: &'a Site, random: &mut Random, first: Kind, second: Kind) -> (Story, Author<'a>) {
    let mut author = Author::new(site.tongue, Random::of(&[random.below(1 << 30) as u64]));
    let story = match (first, second, *random.pick(&LENGTHS)) {
        (Kind::AboutLost, ..) => author.about_lost(site.style.genre),
        // Of a text that loses one of its paragraphs some have to be left.
        (_, Kind::ParagraphRemoved, length) => author.story(site.style.genre, length.max(4)),
        (.., length) => author.story(site.style.genre, length),
    };
    (story, author)
}

fn key(host: &str, path: &str) -> String {
    format!("{host}{path}")
}
