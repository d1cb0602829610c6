-- The views, which are the public interface for SQL. Columns here are documented in src/archive/schema.rs and kept stable;
-- tables are not. Times are ISO 8601 in UTC. No view needs our SQL functions: plain sqlite3 reads them. DuckDB parses them
-- anew and writes them out in its own way: no row values, no `count(*)`, no `IS` but of NULL.

-- One row per link of an article, with what became of it.
CREATE VIEW current_verdict AS
SELECT
    a.locator AS article,
    u.url AS url,
    nullif(ci.fragment, '') AS fragment,
    coalesce(v.class, 'unchecked') AS class,
    v.transport, v.access, v.resource, v.content, v.since_last,
    v.status, v.final_url, v.moved_to, v.passages, v.reason,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.since / 1000, 'unixepoch') AS since,
    v.confirmed,
    v.jaccard, v.containment,
    ci.state,
    strftime('%Y-%m-%dT%H:%M:%SZ', ci.first_seen_at / 1000, 'unixepoch') AS first_seen,
    (SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(c.at) / 1000, 'unixepoch')
       FROM capture c WHERE c.url_id = ci.url_id AND c.purpose = 'citation'
        AND c.access <> 'deferred') AS last_checked
FROM citation ci
JOIN article a ON a.id = ci.article_id AND a.removed_at IS NULL
JOIN url u ON u.id = ci.url_id
LEFT JOIN verdict v ON v.id = ci.verdict_id;

CREATE VIEW dead_links AS
SELECT article, url, reason, status, since, confirmed FROM current_verdict
WHERE class = 'dead' AND state = 'present';

CREATE VIEW changed_links AS
SELECT article, url, class, content, jaccard, containment, reason, since FROM current_verdict
WHERE class IN ('changed', 'replaced') AND state = 'present';

CREATE VIEW moved_links AS
SELECT article, url, moved_to, final_url, resource, since FROM current_verdict
WHERE class = 'moved' AND state = 'present';

-- Every exchange with a URL, oldest first, with what it brought.
CREATE VIEW page_history AS
SELECT
    u.url AS url,
    strftime('%Y-%m-%dT%H:%M:%SZ', c.at / 1000, 'unixepoch') AS at,
    lower(hex(c.uid)) AS capture,
    c.purpose, c.transport, c.access, c.status, c.media_type, c.location, c.revisit,
    nullif(lower(hex(p.sha256)), '') AS payload_sha256,
    p.length AS payload_length,
    (SELECT lower(hex(v.text_sha256)) FROM page_version v
      WHERE v.payload_id = c.payload_id AND v.url_id = c.url_id
      ORDER BY v.extractor_version DESC LIMIT 1) AS text_sha256,
    (SELECT v.title FROM page_version v
      WHERE v.payload_id = c.payload_id AND v.url_id = c.url_id
      ORDER BY v.extractor_version DESC LIMIT 1) AS title,
    c.remote, c.protocol, c.elapsed_ms, c.detail,
    c.lookup_ms, c.connect_ms, c.first_byte_ms,
    strftime('%Y-%m-%dT%H:%M:%SZ', c.certificate_ends / 1000, 'unixepoch') AS certificate_ends
FROM capture c
JOIN url u ON u.id = c.url_id
LEFT JOIN payload p ON p.id = c.payload_id;

-- Who points at whom: one row per link in the main text of a page version (every link of an article).
CREATE VIEW link_graph AS
SELECT
    s.url AS source,
    t.url AS target,
    l.fragment, l.ordinal, l.anchor, l.rel,
    CASE l.role WHEN 0 THEN 'cite' WHEN 1 THEN 'embed' ELSE 'resource' END AS role,
    CASE l.place WHEN 0 THEN 'main' ELSE 'around' END AS place,
    lower(hex(p.sha256)) AS payload_sha256,
    v.title AS source_title
FROM link l
JOIN page_version v ON v.id = l.page_version_id OR v.links_of = l.page_version_id
JOIN payload p ON p.id = v.payload_id
JOIN url s ON s.id = v.url_id
JOIN url t ON t.id = l.target_id;

-- The ledger: every verdict ever given, with the time it held until the next one. Rows of a merged archive come
-- later than they were judged: only times tell what came next.
CREATE VIEW verdict_history AS
SELECT
    a.locator AS article,
    u.url AS url,
    nullif(ci.fragment, '') AS fragment,
    v.class, v.transport, v.access, v.resource, v.content, v.status, v.final_url, v.reason,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.at / 1000, 'unixepoch') AS judged_at,
    (SELECT strftime('%Y-%m-%dT%H:%M:%SZ', min(n.at) / 1000, 'unixepoch')
       FROM verdict n WHERE n.citation_id = v.citation_id AND (n.at > v.at OR n.at = v.at AND n.id > v.id)) AS until,
    v.confirmed, v.strikes, v.rules_version
FROM verdict v
JOIN citation ci ON ci.id = v.citation_id
JOIN article a ON a.id = ci.article_id
JOIN url u ON u.id = ci.url_id;

-- What a link was, as of any day: one row for each stretch of time in which it was of one class.
-- "As of T": WHERE since <= T AND (until IS NULL OR until > T).
CREATE VIEW verdict_span AS
SELECT
    a.locator AS article,
    u.url AS url,
    nullif(ci.fragment, '') AS fragment,
    v.class, v.reason,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.at / 1000, 'unixepoch') AS since,
    (SELECT strftime('%Y-%m-%dT%H:%M:%SZ', min(n.at) / 1000, 'unixepoch')
       FROM verdict n WHERE n.citation_id = v.citation_id AND n.class <> v.class
        AND (n.at > v.at OR n.at = v.at AND n.id > v.id)) AS until
FROM verdict v
JOIN citation ci ON ci.id = v.citation_id
JOIN article a ON a.id = ci.article_id
JOIN url u ON u.id = ci.url_id
WHERE v.class <> coalesce((SELECT b.class FROM verdict b
    WHERE b.citation_id = v.citation_id AND (b.at < v.at OR b.at = v.at AND b.id < v.id)
    ORDER BY b.at DESC, b.id DESC LIMIT 1), '');

-- The same text at several addresses: one row for each pair, both ways.
CREATE VIEW same_text AS
SELECT
    u.url AS url,
    o.url AS also_at,
    v.title AS title,
    v.text_length AS text_length,
    lower(hex(v.text_sha256)) AS text_sha256
FROM page_version v
JOIN page_version w ON w.text_sha256 = v.text_sha256 AND w.url_id <> v.url_id AND w.text_length >= 200
JOIN url u ON u.id = v.url_id
JOIN url o ON o.id = w.url_id
WHERE v.text_length >= 200;
-- What authors did to their links: one row for each change from one version of an article to the next.
CREATE VIEW source_history AS
SELECT
    a.locator AS article,
    u.url AS url,
    nullif(ci.fragment, '') AS fragment,
    strftime('%Y-%m-%dT%H:%M:%SZ', e.at / 1000, 'unixepoch') AS at,
    strftime('%Y-%m-%dT%H:%M:%SZ', e.since / 1000, 'unixepoch') AS since,
    e.what,
    CASE e.place WHEN 0 THEN 'main' ELSE 'around' END AS place,
    e.anchor_before, e.anchor_after,
    nu.url AS now_url,
    nullif(nc.fragment, '') AS now_fragment
FROM citation_event e
JOIN citation ci ON ci.id = e.citation_id
JOIN article a ON a.id = ci.article_id
JOIN url u ON u.id = ci.url_id
LEFT JOIN citation nc ON nc.id = e.now_id
LEFT JOIN url nu ON nu.id = nc.url_id;

-- What users noted beside addresses.
CREATE VIEW notes AS
SELECT
    u.url AS url,
    strftime('%Y-%m-%dT%H:%M:%SZ', n.at / 1000, 'unixepoch') AS at,
    n.text
FROM note n
JOIN url u ON u.id = n.url_id
WHERE n.removed_at IS NULL;

-- What is done at certain times.
CREATE VIEW jobs AS
SELECT
    j.name AS job,
    j.cron, j.zone,
    j.arguments AS command,
    j.catch_up,
    strftime('%Y-%m-%dT%H:%M:%SZ', j.added_at / 1000, 'unixepoch') AS added_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', j.paused_at / 1000, 'unixepoch') AS paused_at
FROM job j
WHERE j.removed_at IS NULL;

-- Each time a job was due, or was run by hand.
CREATE VIEW job_history AS
SELECT
    j.name AS job,
    strftime('%Y-%m-%dT%H:%M:%SZ', r.due_at / 1000, 'unixepoch') AS due_at,
    r.by_hand, r.times, r.outcome, r.attempts,
    strftime('%Y-%m-%dT%H:%M:%SZ', r.started_at / 1000, 'unixepoch') AS started_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', r.ended_at / 1000, 'unixepoch') AS ended_at,
    r.exit_code
FROM job_run r
JOIN job j ON j.id = r.job_id;

-- Articles, with how many links each has and how many need attention.
CREATE VIEW article_summary AS
SELECT
    a.locator AS article,
    a.kind,
    strftime('%Y-%m-%d', a.cited_at / 1000, 'unixepoch') AS cited_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', a.added_at / 1000, 'unixepoch') AS added_at,
    (SELECT count(c.id) FROM citation c WHERE c.article_id = a.id AND c.state = 'present') AS links,
    (SELECT count(c.id) FROM citation c JOIN verdict v ON v.id = c.verdict_id
      WHERE c.article_id = a.id AND c.state = 'present'
        AND v.class IN ('dead', 'replaced', 'changed')) AS findings
FROM article a
WHERE a.removed_at IS NULL;
