//! Queries that are useful as they stand, and to begin others from: `query --examples`. The tests run each.

/// Titles and statements.
pub const EXAMPLES: &[(&str, &str)] = &[
    (
        "How many links are of which class",
        "SELECT class, count(*) AS links FROM current_verdict WHERE state = 'present' GROUP BY class ORDER BY links DESC",
    ),
    (
        "Dead links, the longest first",
        "SELECT article, url, status, reason, since FROM dead_links ORDER BY since",
    ),
    (
        "Articles by the share of their links that need attention",
        "SELECT article, links, findings, round(100.0 * findings / links, 1) AS percent FROM article_summary
WHERE links > 0 ORDER BY percent DESC, findings DESC",
    ),
    (
        "Hosts that rot most",
        "SELECT host(url) AS host, count(*) AS links, sum(class = 'dead') AS dead, sum(class = 'replaced') AS replaced
FROM current_verdict WHERE state = 'present' GROUP BY 1 ORDER BY dead + replaced DESC, links DESC LIMIT 20",
    ),
    (
        "Links that can be mended at once: the page has moved for good",
        "SELECT article, url, moved_to FROM moved_links WHERE moved_to IS NOT NULL",
    ),
    (
        "Pages that say something else, those most unlike first",
        "SELECT url, content, round(jaccard, 2) AS jaccard, reason FROM changed_links ORDER BY jaccard",
    ),
    (
        "What a link was as of a day (here: today)",
        "SELECT article, url, class FROM verdict_span
WHERE since <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
  AND (until IS NULL OR until > strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
    ),
    (
        "Links that were fine once and are not any more, with the day they turned",
        "SELECT was.article, was.url, now.class, was.until AS turned
FROM verdict_span was JOIN verdict_span now USING (article, url)
WHERE was.class = 'ok' AND now.until IS NULL AND now.class NOT IN ('ok', 'moved') AND now.since >= was.until",
    ),
    (
        "Verdicts of the last thirty days",
        "SELECT judged_at, article, url, class, reason FROM verdict_history
WHERE judged_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days') ORDER BY judged_at DESC LIMIT 100",
    ),
    (
        "What several articles cite",
        "SELECT url, count(DISTINCT article) AS articles FROM current_verdict WHERE state = 'present'
GROUP BY url HAVING articles > 1 ORDER BY articles DESC",
    ),
    (
        "Pages that link to a dead page",
        "SELECT DISTINCT g.source, g.anchor, d.url AS dead FROM dead_links d JOIN link_graph g ON g.target = d.url",
    ),
    (
        "What the sources themselves cite most",
        "SELECT target, count(DISTINCT source) AS pages FROM link_graph WHERE role = 'cite'
GROUP BY target ORDER BY pages DESC, target LIMIT 20",
    ),
    (
        "How often each page was fetched, and how many texts it had",
        "SELECT url, count(*) AS fetches, count(DISTINCT text_sha256) AS texts, min(at) AS first, max(at) AS last
FROM page_history WHERE purpose = 'citation' GROUP BY url ORDER BY texts DESC, fetches DESC LIMIT 20",
    ),
    (
        "How alike each page is to what it was at first",
        "SELECT url, round(similarity(text(url, min(at)), text(url)), 2) AS similarity FROM page_history
WHERE purpose = 'citation' AND text_sha256 IS NOT NULL GROUP BY url ORDER BY similarity LIMIT 20",
    ),
    (
        "Pages whose text mentions a word (here: bridge), with what became of them",
        "SELECT DISTINCT u.url, s.class FROM page_search f JOIN page_version v ON v.id = f.rowid
JOIN url u ON u.id = v.url_id LEFT JOIN current_verdict s ON s.url = u.url
WHERE page_search MATCH 'bridge' LIMIT 20",
    ),
    (
        "The same text at several addresses",
        "SELECT url, also_at, title FROM same_text WHERE url < also_at",
    ),
    (
        "What authors did to their links",
        "SELECT at, article, what, url, now_url FROM source_history ORDER BY at DESC",
    ),
    (
        "Hosts that are slow to answer",
        "SELECT host(url) AS host, count(*) AS answers, round(avg(first_byte_ms)) AS first_byte_ms FROM page_history
WHERE first_byte_ms IS NOT NULL GROUP BY 1 ORDER BY first_byte_ms DESC LIMIT 20",
    ),
    (
        "Bytes that were received, by registered domain and media type",
        "SELECT registered_domain(url) AS domain, media_type, count(*) AS bodies, sum(payload_length) AS bytes
FROM page_history WHERE payload_length IS NOT NULL AND revisit IS NULL GROUP BY 1, 2 ORDER BY bytes DESC LIMIT 20",
    ),
    (
        "Links and their keys in the indexes of web archives",
        "SELECT DISTINCT surt(url) AS surt, url, verdict_at(url, 'now') AS class FROM current_verdict ORDER BY surt LIMIT 100",
    ),
];

/// All of them, as a file of SQL.
pub fn file() -> String {
    let mut out = String::new();
    for (title, sql) in EXAMPLES {
        out += &format!("-- {title}\n{sql};\n\n");
    }
    out.truncate(out.trim_end().len());
    out + "\n"
}
