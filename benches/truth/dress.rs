//! What pages look like: the site's furniture around a story, and what changes in it at every visit.

use crate::{
    random::Random,
    story::{Author, Block, Genre, Story, digits, prose},
    tongue::Tongue,
};

/// How a site builds its pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dress {
    /// Elements that say what they are.
    Classic,
    /// Elements that do not, with classes made by a machine.
    Soup,
    /// Next to nothing around the text.
    Bare,
    /// What content systems make: metadata, banners, share bars, inline scripts.
    Laden,
}

pub const DRESSES: [Dress; 4] = [Dress::Classic, Dress::Soup, Dress::Bare, Dress::Laden];

impl Dress {
    /// What the site looks like after a redesign.
    pub fn next(self) -> Self {
        DRESSES[(self as usize + 1) % DRESSES.len()]
    }
}

/// What is the same on all pages of a site.
pub struct Style {
    pub name: String,
    pub genre: Genre,
    pub menu: Vec<String>,
    /// Titles of other pages, of which a page shows some.
    pub pool: Vec<String>,
    pub adverts: Vec<String>,
}

impl Style {
    pub fn new(tongue: &Tongue, genre: Genre, random: Random) -> Self {
        let mut author = Author::new(tongue, random);
        Self {
            name: author.phrase(2),
            genre,
            menu: (0..7).map(|_| author.phrase(1)).collect(),
            pool: (0..24).map(|_| author.phrase(5)).collect(),
            adverts: (0..6).map(|_| author.phrase(4)).collect(),
        }
    }
}

/// A page on its way to HTML.
struct Page<'a> {
    tongue: &'a Tongue,
    style: &'a Style,
    story: &'a Story,
    path: &'a str,
    /// Draws all that changes from visit to visit.
    noise: Random,
}

/// The HTML of a story in the dress of its site. Pages of different noise say the same.
pub fn html(tongue: &Tongue, style: &Style, dress: Dress, story: &Story, path: &str, noise: u64) -> String {
    let mut page = Page {
        tongue,
        style,
        story,
        path,
        noise: Random::of(&[noise]),
    };
    let body = match dress {
        Dress::Classic => page.classic(),
        Dress::Soup => page.soup(),
        Dress::Bare => page.bare(),
        Dress::Laden => page.laden(),
    };
    let direction = if tongue.right_to_left { " dir=\"rtl\"" } else { "" };
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"{direction}>\n{body}\n</html>\n",
        tongue.code
    )
}

impl Page<'_> {
    fn classic(&mut self) -> String {
        let (says, name) = (&self.tongue.says, &self.style.name);
        let token = self.noise.token();
        let head = self.head(&format!("<meta name=\"csrf-token\" content=\"{token}\">"));
        let menu = self.menu("<li><a href=\"/section/{n}\">{}</a></li>");
        let byline = self.byline("<p class=\"byline\">{}</p>");
        let views = self.views();
        let body = self.blocks("article-body");
        let (advert, related) = (self.adverts("<div class=\"ad-slot\">{}</div>"), self.related());
        let comments = self.comments();
        let took = self.noise.between(3, 400);
        let attributes = self.attributes(&[("id", "content"), ("class", "story")]);
        let title = &self.story.title;
        format!(
            "<head>{head}</head>\n<body>\n<header class=\"site-header\"><a href=\"/\">{name}</a>\
             <form action=\"/login\" method=\"post\"><input type=\"hidden\" name=\"authenticity_token\" value=\"{}\"></form>\
             </header>\n<nav class=\"menu\"><ul><li><a href=\"/\">{}</a></li>{menu}</ul></nav>\n<main>\n\
             <article{attributes}>\n<h1>{title}</h1>\n{byline}<p class=\"meta\"><span class=\"views\">{views}</span></p>\n\
             {body}\n</article>\n{comments}</main>\n<aside class=\"sidebar\">{advert}<h2>{}</h2><ul class=\"related\">{related}</ul>\
             </aside>\n<footer><p>© {name}. {} ({took} ms)</p></footer>\n</body>",
            self.noise.token(),
            says.home,
            says.related,
            says.rights,
        )
    }

    fn soup(&mut self) -> String {
        let (says, name) = (&self.tongue.says, &self.style.name);
        let head = self.head("");
        let menu = self.menu("<div class=\"css-m{n}\"><a href=\"/section/{n}\"><span>{}</span></a></div>");
        let byline = self.byline("<div class=\"css-9k by\">{}</div>");
        let views = self.views();
        let body = self.blocks("css-4t txt");
        let advert = self.adverts("<div class=\"css-7a\"><div class=\"ad-box\">{}</div></div>");
        let related = self.related();
        let attributes = self.attributes(&[("class", "css-1c wrap"), ("data-v", "3")]);
        let token = self.noise.token();
        let title = &self.story.title;
        format!(
            "<head>{head}</head>\n<body>\n<div id=\"root\" data-session=\"{token}\">\n<div class=\"css-0h top-bar\">\
             <div><a href=\"/\">{name}</a></div><div class=\"css-0n nav\">{menu}</div></div>\n<div{attributes}>\n\
             <div class=\"css-2t\"><h1>{title}</h1></div>\n<div class=\"css-3m\">{byline}<span class=\"view-count\">{views}</span></div>\n\
             <div class=\"css-5b\">{body}</div>\n{advert}\n<div class=\"css-8r related-links\"><div>{}</div><ul>{related}</ul></div>\n\
             </div>\n<div class=\"css-0f footer\"><div>{}</div><div>{} ms</div></div>\n</div>\n</body>",
            says.related,
            says.rights,
            self.noise.between(3, 400),
        )
    }

    fn bare(&mut self) -> String {
        let (says, name) = (&self.tongue.says, &self.style.name);
        let byline = self.byline("<p><i>{}</i></p>");
        let body = self.blocks("");
        let title = &self.story.title;
        let took = self.noise.between(1, 90);
        format!(
            "<title>{title}</title>\n<meta charset=\"utf-8\">\n<!-- served by node {} in {took} ms -->\n<h1>{title}</h1>\n{byline}{body}\n<hr>\n\
             <p><a href=\"/\">{}</a> <a href=\"/about\">{name}</a></p>",
            self.noise.below(12),
            says.home,
        )
    }

    fn laden(&mut self) -> String {
        let (says, name) = (&self.tongue.says, &self.style.name);
        let (nonce, token) = (self.noise.token(), self.noise.token());
        let title = &self.story.title;
        let extra = format!(
            "<meta property=\"og:title\" content=\"{title}\"><script nonce=\"{nonce}\">window.__s={{\"csrf\":\"{token}\",\"t\":{}}};</script>\
             <style nonce=\"{nonce}\">.wrap{{margin:auto}}</style>",
            self.noise.between(1_700_000_000, 1_790_000_000)
        );
        let head = self.head(&extra);
        let menu = self.menu("<li class=\"nav-item\"><a class=\"nav-link\" href=\"/section/{n}\">{}</a></li>");
        let byline = self.byline("<div class=\"entry-meta\"><span class=\"author\">{}</span></div>");
        let views = self.views();
        let body = self.blocks("entry-content");
        let (advert, related) = (self.adverts("<ins class=\"adsbygoogle\">{}</ins>"), self.related());
        let comments = self.comments();
        let attributes = self.attributes(&[("id", "post-1"), ("class", "post entry"), ("data-kind", "post")]);
        let cookies = says.cookies;
        format!(
            "<head>{head}</head>\n<body class=\"single\">\n<div class=\"cookie-banner\" role=\"dialog\"><p>{cookies}</p><button>OK</button></div>\n\
             <header class=\"site-header\"><a class=\"brand\" href=\"/\">{name}</a><nav><ul class=\"nav\">{menu}</ul></nav></header>\n\
             <main class=\"wrap\"><section{attributes}><header class=\"entry-header\"><h1 class=\"entry-title\">{title}</h1>{byline}</header>\n\
             <div class=\"share\"><a href=\"/share?to=a\">A</a><a href=\"/share?to=b\">B</a></div>\n{body}\n\
             <div class=\"post-views\">{views}</div>\n</section>\n{advert}<section class=\"related-posts\"><h3>{}</h3><ul>{related}</ul></section>\n\
             {comments}</main>\n<footer class=\"site-footer\"><p>{}</p></footer>\n<script nonce=\"{nonce}\">track(\"{}\")</script>\n</body>",
            says.related,
            says.rights,
            self.noise.token(),
        )
    }

    fn head(&mut self, extra: &str) -> String {
        let (title, name) = (&self.story.title, &self.style.name);
        let build = self.noise.token();
        let (style, script) = (&build[..8], &build[8..]);
        format!(
            "<meta charset=\"utf-8\"><title>{title} | {name}</title><link rel=\"stylesheet\" href=\"/assets/site.{style}.css\">\
             <script src=\"/assets/app.{script}.js\" defer></script>{extra}"
        )
    }

    fn menu(&self, item: &str) -> String {
        let items = self.style.menu.iter().enumerate();
        items
            .map(|(n, name)| item.replace("{n}", &n.to_string()).replace("{}", name))
            .collect()
    }

    fn byline(&self, with: &str) -> String {
        let byline = self.story.byline.as_deref();
        byline.map(|by| with.replace("{}", by) + "\n").unwrap_or_default()
    }

    fn views(&mut self) -> String {
        let views = digits(self.tongue, self.noise.between(120, 98_000));
        format!("{views} {}", self.tongue.says.views)
    }

    /// In another order each time.
    fn adverts(&mut self, with: &str) -> String {
        let mut adverts: Vec<&String> = self.style.adverts.iter().collect();
        self.noise.shuffle(&mut adverts);
        let shown = adverts.iter().take(3).enumerate();
        let advert = |(n, text): (usize, &&String)| {
            let says = self.tongue.says.advert;
            with.replace("{}", &format!("<small>{says}</small> <a href=\"/out/{n}\">{text}</a>"))
        };
        shown.map(advert).collect()
    }

    /// Other ones each time.
    fn related(&mut self) -> String {
        let first = self.noise.below(self.style.pool.len());
        let shown = self.style.pool.iter().cycle().skip(first).take(6);
        shown
            .enumerate()
            .map(|(n, title)| format!("<li><a href=\"/more/{}\">{title}</a></li>", first + n))
            .collect()
    }

    /// What readers say below an article, more of it each time.
    fn comments(&mut self) -> String {
        if self.style.genre != Genre::Article || self.story.byline.is_none() {
            return String::new();
        }
        let comments: String = (0..self.noise.below(5))
            .map(|n| {
                let text = self.noise.pick(&self.style.pool);
                format!("<li class=\"comment\" id=\"comment-{n}\"><b>R. {n}</b><p>{text}</p></li>")
            })
            .collect();
        let heading = self.tongue.says.comments;
        format!("<section id=\"comments\" class=\"comments\"><h3>{heading}</h3><ol>{comments}</ol></section>\n")
    }

    /// In another order each time.
    fn attributes(&mut self, attributes: &[(&str, &str)]) -> String {
        let mut attributes = attributes.to_vec();
        self.noise.shuffle(&mut attributes);
        attributes
            .iter()
            .map(|(name, value)| format!(" {name}=\"{value}\""))
            .collect()
    }

    fn blocks(&mut self, class: &str) -> String {
        let mut inside = String::new();
        let mut rest = self.story.blocks.as_slice();
        while let Some((block, after)) = rest.split_first() {
            // Items beside each other are one list.
            let items = rest
                .iter()
                .take_while(|block| matches!(block, Block::Item { .. }))
                .count();
            if items > 0 {
                let list: String = rest[..items].iter().map(|block| self.block(block)).collect();
                inside.push_str(&format!("<ul class=\"items\">\n{list}</ul>\n"));
                rest = &rest[items..];
            } else {
                let said = self.block(block);
                inside.push_str(&said);
                rest = after;
            }
        }
        match class {
            "" => inside,
            class => format!("<div class=\"{class}\">\n{inside}</div>"),
        }
    }

    fn block(&mut self, block: &Block) -> String {
        let tongue = self.tongue;
        match block {
            Block::Heading(text) => format!("<h2>{text}</h2>\n"),
            Block::Paragraph(says) => format!("<p>{}</p>\n", prose(tongue, says)),
            Block::Item { name, says } => {
                let path = self.path;
                format!(
                    "<li class=\"item\"><h3><a href=\"{path}?item={}\">{name}</a></h3><p>{}</p></li>\n",
                    name.len(),
                    prose(tongue, says)
                )
            }
            Block::Post { author, says } => format!(
                "<div class=\"post\"><div class=\"author\">{author}</div><div class=\"message\"><p>{}</p></div></div>\n",
                prose(tongue, says)
            ),
            Block::Code(text) => format!("<pre><code>{}</code></pre>\n", text.replace('"', "&quot;")),
            Block::Table(rows) => {
                let row = |[name, value]: &[String; 2]| format!("<tr><td>{name}</td><td>{value}</td></tr>");
                let rows: String = rows.iter().map(row).collect();
                format!("<table>{rows}</table>\n")
            }
            Block::Notice(text) => format!("<p>{text}</p>\n"),
        }
    }
}
