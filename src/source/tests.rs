//! Lists of every format, as they should be and as they should not.

use std::io::Write;

use super::*;

const HERE: &str = "http://h.example/lists/feed.xml";

fn read(text: impl AsRef<[u8]>) -> Result<Collection, String> {
    entries(text.as_ref(), "", Url::parse(HERE).ok().as_ref())
}

fn urls(collection: &Collection) -> Vec<&str> {
    collection.entries.iter().map(|entry| entry.url.as_str()).collect()
}

fn children(collection: &Collection) -> Vec<&str> {
    collection.more.iter().map(Url::as_str).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Each format with its kind, title and entries (address, title, day).
#[test]
fn reads_every_format() {
    type Row<'a> = (&'a str, ListKind, &'a str, &'a [(&'a str, &'a str, &'a str)]);
    let rows: &[Row<'_>] = &[
        (
            r#"<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="m">
               <channel><title>Tides</title><link>http://h.example/</link><atom:link rel="self" href="/feed.xml"/>
               <item><title>A &amp; <![CDATA[B]]></title><link> /a?x=1&amp;y=2 </link><media:title>no</media:title>
                 <pubDate>Fri, 05 Feb 2016 14:30:00 GMT</pubDate><guid isPermaLink="false">/nowhere</guid></item>
               <item><guid>http://h.example/b</guid><description>&lt;a href="x"&gt;</description></item>
               <item><guid isPermaLink="false">http://h.example/not</guid></item>
               <item><link>http://h.example/a?x=1&y=2#again</link></item>
               </channel></rss>"#,
            ListKind::Rss,
            "Tides",
            &[
                ("http://h.example/a?x=1&y=2", "A & B", "2016-02-05"),
                ("http://h.example/b", "", ""),
            ],
        ),
        (
            r#"<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss.dtd">
               <rss version="0.91"><channel><title>Old</title><item><title>A</title><link>http://h.example/a</link>
               </item></channel></rss>"#,
            ListKind::Rss,
            "Old",
            &[("http://h.example/a", "A", "")],
        ),
        (
            r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
                 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="http://h.example/"><title>RDF</title>
               <items><rdf:Seq><rdf:li resource="http://h.example/a"/></rdf:Seq></items></channel>
               <item rdf:about="http://h.example/a"><title>A</title><dc:date>2016-02-05T23:00:00+02:00</dc:date></item>
               <item rdf:about="http://h.example/x"><link>http://h.example/b</link></item></rdf:RDF>"#,
            ListKind::Rss,
            "RDF",
            &[
                ("http://h.example/a", "A", "2016-02-05"),
                ("http://h.example/b", "", ""),
            ],
        ),
        (
            r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/blog/"><title type="html">Atom</title>
               <link rel="self" href="feed"/><entry xml:base="2016/"><id>urn:x</id><title>A<b>!</b></title>
                 <link rel="enclosure" href="a.mp3"/><link rel="alternate" type="application/json" href="a.json"/>
                 <link type="text/html" href="a.html"/><published>2016-02-05T00:00:00Z</published>
                 <updated>2020-01-01T00:00:00Z</updated>
                 <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><link href="http://no.example/"/></div>
                 </content></entry>
               <entry><id>http://h.example/id</id><link rel="self" href="self"/></entry></feed>"#,
            ListKind::Atom,
            "Atom",
            &[
                ("http://h.example/blog/2016/a.html", "A!", "2016-02-05"),
                ("http://h.example/id", "", ""),
            ],
        ),
        (
            r#"<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:link href="http://h.example/a"/></a:entry></a:feed>"#,
            ListKind::Atom,
            "",
            &[("http://h.example/a", "", "")],
        ),
        (
            r#"{"version": "https:\/\/jsonfeed.org\/version\/1.1", "title": "JSON", "items": [
               {"id": 1, "url": "a", "title": "A", "date_published": "2016-02-05T00:00:00Z", "tags": [[{}]]},
               {"id": "http://h.example/c", "url": null}, {"id": "x", "external_url": "http://o.example/"}]}"#,
            ListKind::JsonFeed,
            "JSON",
            &[
                ("http://h.example/lists/a", "A", "2016-02-05"),
                ("http://h.example/c", "", ""),
                ("http://o.example/", "", ""),
            ],
        ),
        (
            r#"<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="i" xmlns:news="n">
               <url><loc>http://h.example/a</loc><lastmod>2020-01-01</lastmod><image:image><image:loc>http://no.example/
               </image:loc></image:image><news:news><news:publication_date>2016-02-05</news:publication_date>
               <news:title>A</news:title></news:news></url>
               <url><loc>http://h.example/b</loc></url></urlset>"#,
            ListKind::Sitemap,
            "",
            &[
                ("http://h.example/a", "A", "2016-02-05"),
                ("http://h.example/b", "", ""),
            ],
        ),
        (
            "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html\">\n\
             <TITLE>Bookmarks</TITLE><DL><p><DT><H3>Folder</H3>\n<DL><p>\n\
             <DT><A HREF=\"http://h.example/?a=1&amp;b=2\" ADD_DATE=\"1454682600\" ICON=\"data:x\">A &lt; B</A>\n\
             <DT><A HREF=\"javascript:void(0)\">x</A><DT><A HREF=\"place:sort=8\">x</A></DL>",
            ListKind::Bookmarks,
            "Bookmarks",
            &[("http://h.example/?a=1&b=2", "A < B", "2016-02-05")],
        ),
        (
            "\"http://h.example/a\"\n\n{\"url\": \"http://h.example/b\", \"title\": \"B\", \"more\": 1}\n",
            ListKind::JsonLines,
            "",
            &[("http://h.example/a", "", ""), ("http://h.example/b", "B", "")],
        ),
        (
            "# mine\nhttp://h.example/a\r\n  https://me:secret@h.example/b#c\n\n",
            ListKind::Lines,
            "",
            &[("http://h.example/a", "", ""), ("https://h.example/b", "", "")],
        ),
    ];
    for (text, kind, title, want) in rows {
        let collection = read(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!((collection.kind, collection.title.as_str()), (*kind, *title), "{text}");
        let day = |entry: &Entry| entry.published.map_or(String::new(), Timestamp::date);
        let got: Vec<_> = collection
            .entries
            .iter()
            .map(|entry| (entry.url.as_str(), entry.title.as_str(), day(entry)))
            .collect();
        let want: Vec<_> = want
            .iter()
            .map(|(url, title, day)| (*url, *title, (*day).to_owned()))
            .collect();
        assert_eq!(got, want, "{text}");
        assert_eq!(
            list_kind(text.as_bytes()),
            Some(*kind).filter(|kind| !matches!(kind, ListKind::Lines | ListKind::JsonLines))
        );
    }
}

#[test]
fn names_further_lists() {
    let index =
        "<sitemapindex><sitemap><loc>a.xml.gz</loc></sitemap><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>";
    let index = read(gzip(index.as_bytes())).unwrap();
    assert_eq!(index.kind, ListKind::SitemapIndex);
    assert_eq!(
        children(&index),
        ["http://h.example/lists/a.xml.gz", "http://h.example/b.xml"]
    );

    let opml = read(
        r#"<opml version="2.0"><head><title>Read</title></head><body><outline text="Folder">
           <outline type="rss" text="F" xmlUrl="http://f.example/rss" htmlUrl="http://f.example/"/>
           <outline type="rss" xmlurl="http://g.example/rss"/>
           <outline type="include" url="more.opml"/><outline type="link" text="L" url="http://l.example/"/>
           <outline text="M" htmlUrl="http://m.example/"/></outline></body></opml>"#,
    )
    .unwrap();
    assert_eq!((opml.kind, opml.title.as_str()), (ListKind::Opml, "Read"));
    assert_eq!(
        children(&opml),
        [
            "http://f.example/rss",
            "http://g.example/rss",
            "http://h.example/lists/more.opml"
        ]
    );
    assert_eq!(urls(&opml), ["http://l.example/", "http://m.example/"]);
    assert_eq!(opml.entries[0].title, "L");
}

#[test]
fn a_list_may_say_when_its_sources_were_cited() {
    let list = read(r#"{"url": "http://h.example/", "cited_at": "2016-02-05"}"#).unwrap();
    assert_eq!(
        list.entries[0].cited_at.map(Timestamp::date).as_deref(),
        Some("2016-02-05")
    );
    assert_eq!(list.entries[0].published, None);
}

#[test]
fn what_is_broken_gives_what_came_before() {
    const ITEM: &str = "<item><link>http://h.example/a</link></item>";
    for (text, why) in [
        (format!("<rss><channel>{ITEM}<item><link>http://h.ex"), "it ends inside"),
        (format!("<rss><channel>{ITEM}</chanel></rss>"), "chanel"),
        (format!("<rss><channel>{ITEM}{}", "<x>".repeat(5000)), "256 deep"),
        (format!("<rss><channel>{ITEM}<![CDATA[ open"), "CDATA"),
    ] {
        let collection = read(&text).unwrap();
        assert_eq!(urls(&collection), ["http://h.example/a"]);
        assert!(collection.notes[0].contains(why), "{:?}", collection.notes);
    }
    for (text, why) in [
        (
            "<rss><channel><item>",
            "an RSS feed that cannot be read: it ends inside <item>",
        ),
        ("<!doctype html><p>hello", "it is a web page, not a list"),
        ("<html><body>hello</body></html>", "it is a web page, not a list"),
        (
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "XML of another kind (<svg>)",
        ),
        (
            "{\"version\": \"https://jsonfeed.org/version/1\", \"items\": 5}",
            "a JSON Feed that cannot be read",
        ),
        ("{\"a\": 1}\n{", "line 1 is neither"),
        ("Once upon a time\nnotes.md\n", "no line of it is a web address"),
        ("\x1f\u{8b}", "no line"),
    ] {
        let got = read(text).unwrap_err();
        assert!(got.contains(why), "{text}: {got}");
    }
    assert!(
        read(&gzip(b"http://h.example/")[..12])
            .unwrap_err()
            .contains("cannot be unpacked")
    );
    let html = entries(b"hello", "text/html; charset=utf-8", None).unwrap_err();
    assert!(html.contains("web page"), "{html}");
}

#[test]
fn reasons_are_short_and_harmless() {
    let long = format!(
        "<rss><item><link>http://h.example/</link></item><\u{1b}[2J{}></b></rss>",
        "x".repeat(100_000)
    );
    let notes = read(&long).unwrap().notes;
    assert!(notes[0].len() < 700 && !notes[0].contains('\u{1b}'));
    let why = read(long.replace("http:", "mailto:")).unwrap_err();
    assert!(why.len() < 700 && !why.contains('\u{1b}'));
}

#[test]
fn what_has_no_address_is_counted() {
    let list = read("http://h.example/\nnotes.md\nftp://h.example/\nhttp://a b/\n").unwrap();
    assert_eq!(urls(&list), ["http://h.example/"]);
    assert_eq!(list.notes, ["3 entries have no web address and are passed over"]);
    let feed = read("<rss><item><link>mailto:a@b</link></item></rss>").unwrap();
    assert_eq!(feed.notes, ["1 entry has no web address and is passed over"]);
    assert!(read("").unwrap().entries.is_empty(), "nothing on the list is no fault");
    assert!(read("<rss><channel/></rss>").unwrap().notes.is_empty());
    let local = entries(b"<rss><item><link>/a</link></item></rss>", "", None).unwrap();
    assert!(local.entries.is_empty() && local.notes.len() == 1);
}

#[test]
fn nothing_is_expanded() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
        <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://x/">]>
        <rss><item><title>&c;&f;&nbsp;</title><link>http://h.example/&c;</link></item></rss>"#;
    let collection = read(bomb).unwrap();
    assert_eq!(urls(&collection), ["http://h.example/&c;"]);
    assert_eq!(collection.entries[0].title, "&c;&f;&nbsp;");
}

#[test]
fn long_lists_are_cut() {
    let urls = |n: usize| (0..n).map(|n| format!("http://h.example/{n}\n")).collect::<String>();
    let items = |n: usize| {
        (0..n)
            .map(|n| format!("<url><loc>http://h.example/{n}</loc></url>"))
            .collect::<String>()
    };
    let json = |n: usize| (0..n).map(|n| format!("{{\"url\":\"/{n}\"}},")).collect::<String>();
    for text in [
        urls(60_000),
        format!("<urlset>{}</urlset>", items(60_000)),
        format!(
            "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{}{{}}]}}",
            json(60_000)
        ),
    ] {
        let list = read(text).unwrap();
        assert_eq!(list.entries.len(), MAX_ENTRIES);
        assert!(list.notes[0].contains("more than is taken"), "{:?}", list.notes);
    }
    assert!(read(urls(MAX_ENTRIES)).unwrap().notes.is_empty());
    let index: String = (0..600)
        .map(|n| format!("<sitemap><loc>/{n}</loc></sitemap>"))
        .collect();
    let index = read(format!("<sitemapindex>{index}</sitemapindex>")).unwrap();
    assert_eq!((index.more.len(), index.notes.len()), (MAX_CHILDREN, 1));
}

#[test]
fn bombs_are_stopped_at_the_cap() {
    let bomb = gzip(&vec![b' '; MAX_BYTES + 1]);
    assert!(bomb.len() < MAX_BYTES / 100);
    assert_eq!(read(bomb).unwrap_err(), "it has more than 50 MB");
}

#[test]
fn hostile_markup_takes_linear_time() {
    let many = |piece: &str| piece.repeat(2_000_000 / piece.len());
    for text in [
        format!("<rss {}>", many("a='' ")),
        format!("<rss {}>{}", many("xmlns:a='b' "), many("<b:c/>")),
        format!("<rss><item>{}", many("<link>x</link>")),
        format!("<rss><item><title>{}", many("&")),
        format!("<rss><item><title>{}", many("&a;")),
        format!("<rss {}", many("<")),
        format!("<!DOCTYPE NETSCAPE-Bookmark-file-1>{}", many("<a href=")),
        format!("<!DOCTYPE NETSCAPE-Bookmark-file-1>{}", many("<a href=\"x\">")),
        format!("<!DOCTYPE rss [{}", many("<!ENTITY ")),
        many("{"),
        many("<"),
        many("\"\n"),
    ] {
        // What comes out does not matter; that it comes at once does.
        let _ = read(text);
    }
}

#[test]
fn characters_are_read_in_their_encoding() {
    let feed = |encoding: &str| {
        format!(
            "<?xml version='1.0' encoding='{encoding}'?><rss><item><title>Blåbær</title><link>/å</link></item></rss>"
        )
    };
    let latin = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let marked = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    for (name, bytes, media_type) in [
        ("UTF-8", feed("utf-8").into_bytes(), "text/xml; charset=iso-8859-1"),
        ("declared Latin 1", latin(&feed("iso-8859-1")), ""),
        (
            "Latin 1 by the header",
            latin(&feed("")),
            "text/xml; charset=\"iso-8859-1\"; x=y",
        ),
        (
            "mark against declaration",
            marked(b"\xef\xbb\xbf", feed("iso-8859-1").into_bytes()),
            "",
        ),
        ("UTF-16 with a mark", marked(b"\xff\xfe", wide(&feed("utf-16"))), ""),
        ("UTF-16 without", wide(&feed("utf-16")), ""),
        ("UTF-8 that says UTF-16", feed("utf-16").into_bytes(), ""),
        ("unknown", feed("klingon").into_bytes(), ""),
    ] {
        let list = entries(&bytes, media_type, Url::parse(HERE).ok().as_ref()).unwrap();
        assert_eq!(list.entries[0].title, "Blåbær", "{name}");
        assert_eq!(urls(&list), ["http://h.example/%C3%A5"], "{name}");
    }
    // Wrongly declared: broken letters, but nothing worse.
    let wrong = entries(&latin(&feed("utf-8")), "", Url::parse(HERE).ok().as_ref()).unwrap();
    assert_eq!(wrong.entries[0].title, "Bl\u{fffd}b\u{fffd}r");
    assert_eq!(
        urls(&entries(&latin("http://h.example/å"), "", None).unwrap()),
        ["http://h.example/%C3%A5"]
    );
}

#[test]
fn reads_times_as_feeds_write_them() {
    for (text, day) in [
        ("Fri, 05 Feb 2016 14:30:00 GMT", "2016-02-05"),
        ("Mon, 05 Feb 2016 23:30:00 -0500", "2016-02-06"),
        ("5 Feb 2016 14:30:00 +0000", "2016-02-05"),
        ("2016-02-05T14:30:00.123Z", "2016-02-05"),
        ("2016-02", "2016-02-01"),
    ] {
        assert_eq!(moment(text).map(Timestamp::date).as_deref(), Some(day), "{text}");
    }
    assert_eq!(moment("last week"), None);
}
