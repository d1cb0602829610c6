//! The citation graph: as people read it, for Graphviz, for spreadsheets. Titles and addresses are foreign words.

use std::collections::HashMap;

use super::{
    formats::{cell, line},
    lines::{Style, clip},
    text::address,
};
use crate::model::{
    graph::{Graph, GraphLink, GraphPage, Pair, Part, Source},
    verdict::Class,
};

/// Columns of the longest class.
const CLASS: usize = 10;

/// As people read it.
pub fn graph(graph: &Graph, style: Style) -> String {
    let out = match graph.part {
        Part::Citations => by_source(graph, style),
        Part::CitedTogether => by_page(graph, style) + &pairs(&graph.pairs, style),
        Part::CitingDead => by_page(graph, style),
        Part::MostCited => counted(&graph.pages, style),
        Part::Orphans => forsaken(&graph.pages, style),
    };
    match out.is_empty() {
        true => "nothing of that kind\n".into(),
        false => out,
    }
}

fn by_source(graph: &Graph, style: Style) -> String {
    let mut out = String::new();
    for links in graph.links.chunk_by(|one, next| one.from == next.from) {
        out += &format!("{}\n", style.bold(&clip(&line(&links[0].from), style.width)));
        for link in links {
            let to = clip(&target(link), style.width.saturating_sub(CLASS + 3));
            out += &format!("  {} {to}\n", painted(Some(link.class), style));
        }
        out.push('\n');
    }
    out
}

fn by_page(graph: &Graph, style: Style) -> String {
    let mut citing: HashMap<&str, Vec<&GraphLink>> = HashMap::new();
    for link in &graph.links {
        citing.entry(&link.to).or_default().push(link);
    }
    let mut out = String::new();
    for page in &graph.pages {
        let url = clip(&line(&page.url), style.width.saturating_sub(CLASS + 1));
        out += &format!("{} {}\n", painted(page.class, style), style.bold(&url));
        for link in citing.remove(page.url.as_str()).unwrap_or_default() {
            let from = clip(&line(&link.from), style.width.saturating_sub(CLASS + 1));
            out += &format!("{:>CLASS$} {from}\n", link.source.as_str());
        }
        out.push('\n');
    }
    out
}

fn pairs(pairs: &[Pair], style: Style) -> String {
    let mut out = String::new();
    for pair in pairs {
        let names = style.width.saturating_sub(CLASS + 3) / 2;
        let (one, other) = (clip(&line(&pair.one), names), clip(&line(&pair.other), names));
        out += &format!("{:>CLASS$} {one}, {other}\n", format!("{} in both", pair.shared));
    }
    out
}

fn counted(pages: &[GraphPage], style: Style) -> String {
    let mut out = String::new();
    for page in pages {
        let url = clip(&line(&page.url), style.width.saturating_sub(CLASS + 20));
        let linked = page.pages.unwrap_or_default();
        out += &format!(
            "{} {:>9} {:>9} {url}\n",
            painted(page.class, style),
            page.articles,
            linked
        );
    }
    match out.is_empty() {
        true => out,
        false => format!("{:CLASS$} {:>9} {:>9} address\n{out}", "class", "articles", "pages"),
    }
}

fn forsaken(pages: &[GraphPage], style: Style) -> String {
    let told = pages.iter().map(|page| {
        let seen = page.last_captured.map(|at| at.date()).unwrap_or_default();
        format!(
            "{seen:CLASS$} {}\n",
            clip(&line(&page.url), style.width.saturating_sub(CLASS + 1))
        )
    });
    told.collect()
}

fn painted(class: Option<Class>, style: Style) -> String {
    match class {
        Some(class) => style.paint(class, &format!("{class:CLASS$}")),
        None => " ".repeat(CLASS),
    }
}

fn target(link: &GraphLink) -> String {
    line(&address(&link.to, link.fragment.as_deref()))
}

/// For Graphviz: articles and pages as nodes, links as arrows, articles that share pages with a dashed line.
pub fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph evercite {\n  rankdir=LR;\n  node [shape=box];\n");
    let mut sources: Vec<(Source, &str, &str)> = graph
        .links
        .iter()
        .map(|link| (link.source, link.from.as_str(), link.title.as_str()))
        .collect();
    sources.sort_unstable();
    sources.dedup_by_key(|(source, from, _)| (*source, *from));
    for (source, from, title) in sources {
        let label = if title.is_empty() { from } else { title };
        let shape = match source {
            Source::Article => "folder",
            Source::Page => "note",
        };
        out += &format!(
            "  {} [label={}, tooltip={}, shape={shape}];\n",
            node(source, from),
            quoted(label),
            quoted(from)
        );
    }
    for page in &graph.pages {
        let class = page.class.map_or("", Class::as_str);
        out += &format!(
            "  {} [label={}, tooltip={}, color={}];\n",
            node(Source::Page, &page.url),
            quoted(&page.url),
            quoted(class),
            colour(page.class)
        );
    }
    for link in &graph.links {
        out += &format!(
            "  {} -> {} [label={}];\n",
            node(link.source, &link.from),
            node(Source::Page, &link.to),
            quoted(link.class.as_str())
        );
    }
    for pair in &graph.pairs {
        out += &format!(
            "  {} -> {} [dir=none, style=dashed, label={}];\n",
            node(Source::Article, &pair.one),
            node(Source::Article, &pair.other),
            quoted(&pair.shared.to_string())
        );
    }
    out + "}\n"
}

fn node(source: Source, name: &str) -> String {
    quoted(&format!("{source} {name}"))
}

/// A quoted string of the DOT language, on one line, in which no escape of it means anything.
fn quoted(text: &str) -> String {
    format!("\"{}\"", line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

fn colour(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Dead | Class::Replaced) => "red",
        Some(Class::Changed | Class::Moved | Class::Suspect) => "orange",
        Some(Class::Ok) => "green",
        _ => "gray",
    }
}

/// Comma-separated values: a row for each link, or for each page where there are no links.
pub fn graph_csv(graph: &Graph) -> String {
    let cell = |text: &str| cell(&line(text));
    let mut out = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail, and every row has as many cells.
    if matches!(graph.part, Part::MostCited | Part::Orphans) {
        let _ = out.write_record(["url", "class", "articles", "pages", "last_captured"]);
        for page in &graph.pages {
            let _ = out.write_record([
                cell(&page.url),
                page.class.map(|class| class.to_string()).unwrap_or_default(),
                page.articles.to_string(),
                page.pages.map(|pages| pages.to_string()).unwrap_or_default(),
                page.last_captured.map(|at| at.to_string()).unwrap_or_default(),
            ]);
        }
    } else {
        let _ = out.write_record(["source", "from", "title", "to", "class"]);
        for link in &graph.links {
            let to = address(&link.to, link.fragment.as_deref());
            let _ = out.write_record([
                link.source.to_string(),
                cell(&link.from),
                cell(&link.title),
                cell(&to),
                link.class.to_string(),
            ]);
        }
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hostile(title: &str, to: &str) -> Graph {
        let link = GraphLink {
            source: Source::Article,
            from: title.to_owned(),
            title: title.to_owned(),
            to: to.to_owned(),
            fragment: Some(title.to_owned()),
            class: Class::Dead,
        };
        Graph::of_links(Part::Citations, None, vec![link])
    }

    /// What stands outside of quotes in a line of DOT.
    fn bare(text: &str) -> String {
        let (mut out, mut inside, mut escaped) = (String::new(), false, false);
        for c in text.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if inside => escaped = true,
                '"' => inside = !inside,
                c if !inside => out.push(c),
                _ => {}
            }
        }
        assert!(!inside, "{text}");
        out
    }

    proptest! {
        #[test]
        fn foreign_words_stay_words(title in any::<String>(), to in "\\PC*|[\"\\\\<>\\n{};=@-]*") {
            let hostile = hostile(&title, &to);
            let drawn = dot(&hostile);
            let plain = bare(&dot(&self::hostile("a", "b")));
            prop_assert_eq!(bare(&drawn), plain, "{}", drawn);
            prop_assert!(!drawn.contains(|c: char| c.is_control() && c != '\n'));
            let mut rows = csv::Reader::from_reader(graph_csv(&hostile).into_bytes().leak() as &[u8]);
            let row = rows.records().next().expect("a row").expect("five cells");
            prop_assert_eq!(row.len(), 5);
            prop_assert!(row.iter().all(|cell| !cell.trim_start().starts_with(['=', '+', '-', '@'])));
            let told = graph(&hostile, Style { width: 80, colour: false });
            prop_assert!(!told.contains(|c: char| c.is_control() && c != '\n'));
        }
    }

    #[test]
    fn quotes_and_escapes_are_no_part_of_the_language() {
        for (text, want) in [
            ("a", "\"a\""),
            ("a\"];b", "\"a\\\"];b\""),
            ("\\N \\", "\"\\\\N \\\\\""),
            ("two\nlines", "\"two lines\""),
            ("<b>", "\"<b>\""),
        ] {
            assert_eq!(quoted(text), want);
        }
    }
}
