//! The hosts of the web, and what each shows for an address where there is nothing.

use crate::{
    dress::{DRESSES, Dress, Style, html},
    kind::Kind,
    random::Random,
    story::{Author, Block, Genre, Story, notice},
    tongue::{TONGUES, Tongue},
};

/// What a host does with an address that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Says 404.
    Honest,
    /// Apologises under 200.
    Apologetic,
    /// Sends everybody to its home page.
    Homing,
    /// Shows one and the same page, without a word of apology.
    Welcoming,
    /// Serves one shell for every address.
    Application,
    /// Accepts no connections.
    Refusing,
    /// Honest at first, for sale later.
    Expiring,
    /// Honest at first, another owner's later.
    Sold,
}

impl Manner {
    /// What a lost page of such a host is.
    pub fn lost(self) -> Kind {
        match self {
            Manner::Apologetic => Kind::AnythingGoes,
            Manner::Homing => Kind::HomeForAll,
            Manner::Welcoming => Kind::WelcomeForAll,
            Manner::Application => Kind::Shell,
            Manner::Refusing => Kind::Refused,
            Manner::Honest | Manner::Expiring | Manner::Sold => Kind::Missing,
        }
    }

    /// Its share of the links.
    pub fn weight(self) -> usize {
        match self {
            Manner::Application | Manner::Refusing => 1,
            Manner::Expiring | Manner::Sold => 3,
            _ => 6,
        }
    }
}

const HOSTS: [(&str, Manner); 16] = [
    ("www.harbour-courier.example", Manner::Honest),
    ("orchard.example", Manner::Honest),
    ("docs.lantern.example", Manner::Honest),
    ("forum.millers.example", Manner::Honest),
    ("northgate-news.example", Manner::Honest),
    ("www.copper.example", Manner::Honest),
    ("river.example", Manner::Honest),
    ("blog.tower.example", Manner::Honest),
    ("sorry.example", Manner::Apologetic),
    ("www.meadow-press.example", Manner::Apologetic),
    ("homing.example", Manner::Homing),
    ("portal.coast.example", Manner::Welcoming),
    ("app.barrel.example", Manner::Application),
    ("shut.example", Manner::Refusing),
    ("old-theatre.example", Manner::Expiring),
    ("www.ferry-times.example", Manner::Sold),
];

/// What a server does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    Page {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Nothing, for as long as anybody waits.
    Silence,
    /// Closes the connection.
    HangUp,
}

impl Reply {
    pub fn html(status: u16, body: String) -> Self {
        Reply::Page {
            status,
            headers: vec![("content-type", "text/html; charset=utf-8".into())],
            body,
        }
    }

    pub fn redirect(status: u16, to: &str) -> Self {
        Reply::Page {
            status,
            headers: vec![("location", to.into())],
            body: String::new(),
        }
    }
}

/// One host.
pub struct Site {
    pub host: &'static str,
    pub tongue: &'static Tongue,
    pub style: Style,
    pub dress: Dress,
    pub manner: Manner,
    /// Sends an `ETag`, and 304 to who has the page.
    pub validators: bool,
    /// Its error page names the address.
    names_path: bool,
    /// What stands there once it was sold.
    casino: Story,
    /// Whether the new owner sends everybody to the home page, or the one who parks the name shows the
    /// same searches to everybody.
    is_uniform: bool,
}

/// All hosts. Which tongue, genre and dress goes with which manner follows from the seed.
pub fn sites(seed: u64) -> Vec<Site> {
    let mut random = Random::of(&[seed, 1]);
    let mut tongues: Vec<&'static Tongue> = TONGUES.iter().collect();
    random.shuffle(&mut tongues);
    let (first_dress, first_genre) = (random.below(4), random.below(6));
    let genres = [
        Genre::Article,
        Genre::Manual,
        Genre::Article,
        Genre::Thread,
        Genre::Listing,
        Genre::Article,
    ];
    let site = |(n, (host, manner)): (usize, &(&'static str, Manner))| {
        let tongue = tongues[(n + n / tongues.len()) % tongues.len()];
        let number = n as u64;
        let genre = genres[(n + first_genre) % genres.len()];
        let style = Style::new(tongue, genre, Random::of(&[seed, 2, number]));
        let new_owner = TONGUES.iter().find(|tongue| tongue.code == "en").unwrap_or(tongue);
        let speaks = if random.below(2) == 0 { tongue } else { new_owner };
        Site {
            host,
            tongue,
            style,
            dress: DRESSES[(n + first_dress) % DRESSES.len()],
            manner: *manner,
            validators: random.below(2) == 0,
            names_path: random.below(2) == 0,
            casino: casino(speaks, Random::of(&[seed, 3, number])),
            is_uniform: random.below(2) == 0,
        }
    };
    HOSTS.iter().enumerate().map(site).collect()
}

fn casino(tongue: &'static Tongue, random: Random) -> Story {
    let mut story = Author::new(tongue, random).story(Genre::Article, 5);
    let (title, text) = tongue.says.casino;
    (story.title, story.byline) = (title.to_owned(), None);
    story.blocks.insert(0, Block::Notice(text.to_owned()));
    story
}

impl Site {
    /// In a few words, for who looks into a wrong verdict.
    pub fn make(&self) -> String {
        let (code, genre) = (self.tongue.code, self.style.genre);
        format!("{code}, {genre:?}, {:?}, {:?}", self.dress, self.manner).to_lowercase()
    }

    /// A page of the site.
    pub fn page(&self, story: &Story, path: &str, noise: u64) -> String {
        html(self.tongue, &self.style, self.dress, story, path, noise)
    }

    /// The same page after a redesign.
    pub fn redesigned(&self, story: &Story, path: &str, noise: u64) -> String {
        html(self.tongue, &self.style, self.dress.next(), story, path, noise)
    }

    /// Its error page, as shown for a path.
    pub fn error_page(&self, path: &str, noise: u64) -> String {
        let mut story = notice(self.tongue.says.lost);
        if self.names_path {
            story.blocks.push(Block::Code(path.to_owned()));
        }
        self.page(&story, path, noise)
    }

    /// Its apology for a page that it took down, in other words.
    pub fn withdrawal(&self, path: &str, noise: u64) -> String {
        let mut story = notice(self.tongue.says.withdrawn);
        if self.names_path {
            story.blocks.push(Block::Code(path.to_owned()));
        }
        self.page(&story, path, noise)
    }

    /// A page that asks who you are.
    pub fn login_page(&self, path: &str, noise: u64) -> String {
        let login = self.tongue.says.login;
        let form = "</h1><form method=\"post\" action=\"/login\"><input name=\"user\"><input type=\"password\" name=\"word\">\
                    <button>OK</button></form>";
        self.page(&notice((login, login)), path, noise)
            .replacen("</h1>", form, 1)
    }

    /// Its front page.
    pub fn home(&self, noise: u64) -> String {
        let items = self.style.pool.iter().take(10).map(|title| Block::Item {
            name: title.clone(),
            says: vec![vec![title.clone(), self.style.name.clone()]],
        });
        let story = Story {
            title: self.tongue.says.home.to_owned(),
            byline: None,
            blocks: items.collect(),
        };
        self.page(&story, "/", noise)
    }

    /// What is shown for an address of which the site knows nothing, at the first visit or the second.
    pub fn stranger(&self, second: bool, path: &str, noise: u64) -> Reply {
        match self.manner {
            Manner::Expiring if second => Reply::html(200, self.parking_page(noise)),
            Manner::Sold if second && path != "/" && self.is_uniform => Reply::redirect(301, "/"),
            Manner::Sold if second => {
                let page = html(self.tongue, &self.style, Dress::Laden, &self.casino, path, noise);
                Reply::html(200, page)
            }
            Manner::Apologetic => Reply::html(200, self.error_page(path, noise)),
            Manner::Homing => Reply::redirect(302, "/"),
            Manner::Welcoming => Reply::html(200, self.page(&notice(self.tongue.says.welcome), path, noise)),
            Manner::Application => Reply::html(200, self.shell(noise)),
            _ => Reply::html(404, self.error_page(path, noise)),
        }
    }

    fn shell(&self, noise: u64) -> String {
        let (name, build) = (&self.style.name, Random::of(&[noise]).token());
        format!(
            "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{name}</title></head><body>\
             <div id=\"app\"></div><script src=\"/static/main.{build}.js\"></script></body></html>",
            self.tongue.code
        )
    }

    fn parking_page(&self, noise: u64) -> String {
        let ((title, text), host) = (self.tongue.says.for_sale, self.host);
        let mut random = Random::of(&[if self.is_uniform { 0 } else { noise }]);
        let searches: String = (0..6)
            .map(|n| {
                format!(
                    "<li><a href=\"/search?q={n}\">{}</a></li>",
                    random.pick(&self.style.pool)
                )
            })
            .collect();
        format!(
            "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{host}</title></head><body><div id=\"main\">\
             <h1>{title}</h1><p>{host}: {text}</p><div class=\"searches\"><ul>{searches}</ul></div></div></body></html>",
            self.tongue.code
        )
    }
}
