-- The first archive format. Why the tables are cut this way stands in ARCHITECTURE.md;
-- times are integer milliseconds since 1970 UTC, the views show them as ISO 8601.
-- Small vocabularies are stored as the words the reports use, without CHECK lists: a newer
-- program may add a word, and an older one must still open the file.

CREATE TABLE host (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,              -- as compared, without port; '' for urn: addresses
    registered_domain TEXT NOT NULL
) STRICT;

-- What a run leaves for the next one to know of how a host wants to be asked.
CREATE TABLE host_state (
    host_id INTEGER PRIMARY KEY REFERENCES host (id),
    not_before INTEGER,                     -- it asked to be left alone until then
    backoff INTEGER NOT NULL,               -- steps of exponential backoff
    response_ms INTEGER,                    -- moving average of how long it takes to answer
    crawl_delay_ms INTEGER NOT NULL,        -- of its robots.txt
    failures INTEGER NOT NULL,              -- connections that failed in a row
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE url (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,               -- WHATWG serialisation, no fragment, no credentials: the identity
    lookup_key TEXT,                        -- canonical form; NULL when it equals url. Recomputable, never identity
    host_id INTEGER NOT NULL REFERENCES host (id)
) STRICT;
CREATE INDEX url_by_lookup_key ON url (lookup_key) WHERE lookup_key IS NOT NULL;

CREATE TABLE article (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,                     -- web, file, stdin
    locator TEXT NOT NULL UNIQUE,           -- URL; path relative to the project; stdin:<digest>
    url_id INTEGER NOT NULL REFERENCES url (id),  -- a local article's address is urn:uuid:<uid>
    base TEXT,                              -- address that relative links of a local article stand for
    cited_at INTEGER,
    page_version_id INTEGER REFERENCES page_version (id),  -- the newest version read
    added_at INTEGER NOT NULL,
    removed_at INTEGER,                     -- off the list: captures stay, checks stop
    gone INTEGER NOT NULL DEFAULT 0         -- 1: off the list because its file was gone, and on it when that is back
) STRICT;
CREATE INDEX article_by_url ON article (url_id);

-- Lists that every run reads again for the entries that are new in them. What became an article stays
-- one when its list goes.
CREATE TABLE watch (
    id INTEGER PRIMARY KEY,
    locator TEXT NOT NULL UNIQUE,           -- URL; path relative to the project
    kind TEXT NOT NULL,                     -- rss, atom, ...: what it was when it was last read
    title TEXT NOT NULL,
    base TEXT,                              -- address that relative links of a local list stand for
    dated INTEGER NOT NULL,                 -- 1: an entry's date becomes cited_at of its article
    added_at INTEGER NOT NULL,
    read_at INTEGER NOT NULL,               -- when it was last read well
    failure TEXT                            -- why it could not be read the last time; NULL: it could
) STRICT;

-- Local files that every run follows (`evercite add`): new ones become articles, those of deleted ones go off the list.
CREATE TABLE followed (
    id INTEGER PRIMARY KEY,
    locator TEXT NOT NULL UNIQUE,           -- a file, a folder, or a glob; relative to the project
    kind TEXT NOT NULL,                     -- file, folder, glob
    folder TEXT NOT NULL,                   -- where the files are: of a glob, what stands before its first wildcard
    added_at INTEGER NOT NULL,
    read_at INTEGER NOT NULL,               -- when it was last looked through well
    failure TEXT                            -- why it could not be the last time; NULL: it could
) STRICT;

-- Archives that runs were written in. Row 1 is this one; others come with runs that are merged in, and their
-- chains with them.
CREATE TABLE origin (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO origin (id, uid) VALUES (1, lower(hex(randomblob(16))));

-- A run that has ended is sealed: its root covers its captures' leaves and the root before it (see
-- src/model/fixity.rs). It can be made again from the run's own rows and that root alone.
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    origin_id INTEGER NOT NULL DEFAULT 1 REFERENCES origin (id),
    position INTEGER,                       -- in the chain of its origin, from 1; NULL until it is sealed
    root BLOB,                              -- SHA-256
    kind TEXT NOT NULL,                     -- snapshot, check
    state TEXT NOT NULL,                    -- running, finished
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    outage INTEGER NOT NULL DEFAULT 0,      -- most hosts failed at once: no verdicts were given
    settings TEXT NOT NULL,                 -- JSON: what `resume` goes on with
    UNIQUE (origin_id, position)
) STRICT;

-- The frontier's durable half. A task is done when its attempt is committed, in the same transaction. The tasks of
-- a finished run go when the next one begins.
CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id),
    url_id INTEGER NOT NULL REFERENCES url (id),
    purpose TEXT NOT NULL,
    host_id INTEGER NOT NULL REFERENCES host (id),
    depth INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    UNIQUE (run_id, url_id, purpose)
) STRICT;
CREATE INDEX task_waiting ON task (run_id, host_id, id) WHERE done = 0;

-- A version of a page is stored as a difference from the version before it, a first version from a page of
-- its host: a zstd frame whose prefix is the base's decoded bytes. What a blob decodes to never changes, how it
-- is encoded may; a base that is in use cannot be deleted.
CREATE TABLE blob (
    id INTEGER PRIMARY KEY,
    codec TEXT NOT NULL,                    -- raw, zstd; parts: data is empty, and the bytes are in blob_part
    base_id INTEGER REFERENCES blob (id),   -- NULL: it stands alone
    depth INTEGER NOT NULL,                 -- bases to decode before it, at most 16: kept, so that choosing a base needs no walk
    level INTEGER NOT NULL,                 -- the heaviest zstd level it was tried at: what `compact` need not try again
    data BLOB NOT NULL
) STRICT;
CREATE INDEX blob_by_base ON blob (base_id) WHERE base_id IS NOT NULL;

-- A body too large to be held in memory: zstd frames of 4 MiB each, to be put together in order.
CREATE TABLE blob_part (
    id INTEGER PRIMARY KEY,
    blob_id INTEGER NOT NULL REFERENCES blob (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,               -- from 1
    data BLOB NOT NULL,
    UNIQUE (blob_id, ordinal)
) STRICT;

-- The page that first versions of a host's pages are stored against. It stands alone.
CREATE TABLE host_base (
    host_id INTEGER PRIMARY KEY REFERENCES host (id),
    blob_id INTEGER NOT NULL REFERENCES blob (id)
) STRICT;
CREATE INDEX host_base_by_blob ON host_base (blob_id);

CREATE TABLE payload (
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,            -- of the decoded body
    length INTEGER NOT NULL,
    blob_id INTEGER REFERENCES blob (id),   -- NULL: withheld or pruned. Texts with another base than 0 hang on it
    pruned_at INTEGER                       -- when a policy freed the bytes; NULL: they are here, or were withheld
) STRICT;

-- One exchange. A redirect chain is a run of consecutive ids written in one transaction: its first
-- row has via_id NULL, and last_id of that row names the end of the chain.
CREATE TABLE capture (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,               -- UUID version 7
    run_id INTEGER NOT NULL REFERENCES run (id),
    url_id INTEGER NOT NULL REFERENCES url (id),
    purpose TEXT NOT NULL,
    via_id INTEGER REFERENCES capture (id), -- the hop that led here
    last_id INTEGER NOT NULL,               -- on the first hop: the end of the chain; elsewhere: itself
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    lookup_ms INTEGER,                      -- NULL, as connect_ms, on a connection that was open already
    connect_ms INTEGER,                     -- TLS included
    first_byte_ms INTEGER,                  -- until the whole head was there
    transport TEXT NOT NULL,
    access TEXT NOT NULL,
    status INTEGER,
    media_type TEXT,
    charset TEXT,
    location TEXT,
    payload_id INTEGER REFERENCES payload (id),
    encoded_sha256 BLOB,                    -- of the content-encoded bytes: WARC's payload digest
    encoded_length INTEGER,
    revisit TEXT,                           -- WARC 1.1 revisit profile
    refers_to_id INTEGER REFERENCES capture (id),
    truncated TEXT,
    remote TEXT,
    protocol TEXT,
    certificate_ends INTEGER,
    etag TEXT,
    last_modified TEXT,
    detail TEXT,
    leaf BLOB NOT NULL                      -- SHA-256 of its facts under their names, no row ids among them
) STRICT;
CREATE INDEX capture_by_url ON capture (url_id, at);
CREATE INDEX capture_by_run ON capture (run_id, url_id);

-- Each is stored against the first of its host in the run, and that against the first of the run.
CREATE TABLE capture_head (
    capture_id INTEGER PRIMARY KEY REFERENCES capture (id),
    base_id INTEGER REFERENCES capture_head (capture_id),  -- whose decoded bytes are the prefix of the frame
    request_length INTEGER NOT NULL,
    reconstructed INTEGER NOT NULL,         -- 1: header case and order across names are ours
    data BLOB NOT NULL                      -- zstd frame: the head of the request, then that of the answer, if any
) STRICT;

-- Derived from payloads: may be dropped and made again. Compared only at equal extractor_version.
CREATE TABLE page_version (
    id INTEGER PRIMARY KEY,
    payload_id INTEGER NOT NULL REFERENCES payload (id),
    url_id INTEGER NOT NULL REFERENCES url (id),
    media_type TEXT NOT NULL,
    charset TEXT NOT NULL,                  -- of the header; '' when it named none
    extractor_version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    read_as TEXT NOT NULL,                  -- the character encoding it was read in
    title TEXT NOT NULL,
    byline TEXT,                            -- who wrote it, as the page says
    language TEXT,
    published TEXT,
    canonical TEXT,
    document_sha256 BLOB NOT NULL,
    text_sha256 BLOB NOT NULL,
    text_length INTEGER NOT NULL,           -- bytes of main text
    cut INTEGER NOT NULL,
    shell INTEGER NOT NULL,                 -- 1: a script would draw it, and there is no text
    every_link INTEGER NOT NULL,            -- 1: all links are rows; 0: those outside the main text are packed
    links_of INTEGER REFERENCES page_version (id),  -- a version before it whose rows in link are its own, too; NULL:
                                            -- it has its own rows. Never of an article
    UNIQUE (payload_id, url_id, media_type, charset, extractor_version)
) STRICT;
-- The same text at other addresses: pages that moved without a redirect, and syndicated copies.
CREATE INDEX page_version_by_text ON page_version (text_sha256) WHERE text_length >= 200;

CREATE INDEX page_version_by_url ON page_version (url_id);
CREATE INDEX page_version_by_links ON page_version (links_of) WHERE links_of IS NOT NULL;

-- Apart from page_version, so that reading digests never drags texts along.
-- Most of a page's text stands in its body word for word: with that as the frame's prefix next to nothing is left.
CREATE TABLE page_text (
    page_version_id INTEGER PRIMARY KEY REFERENCES page_version (id),
    base INTEGER NOT NULL,                  -- the prefix of the frame: 0 none, 1 the decoded body, 2 the address's
                                            -- text_base and then the decoded body
    level INTEGER NOT NULL,                 -- as of blob
    data BLOB NOT NULL                      -- zstd frame: the main text, UTF-8 (text_length bytes), then the
                                            -- addresses outside the main text, each with a line feed,
                                            -- those of the page's own origin without it
) STRICT;

-- The texts of one version of an address that has many: others are stored against them and their own bodies. It is
-- a blob like any other, but no payload's, and never another one once it is chosen.
CREATE TABLE text_base (
    url_id INTEGER PRIMARY KEY REFERENCES url (id),
    blob_id INTEGER NOT NULL REFERENCES blob (id)
) STRICT;
CREATE INDEX text_base_by_blob ON text_base (blob_id);

CREATE TABLE link (
    page_version_id INTEGER NOT NULL REFERENCES page_version (id),
    ordinal INTEGER NOT NULL,               -- from 1, in document order, counted over all links of the version
    target_id INTEGER REFERENCES url (id),  -- NULL for a skipped link
    fragment TEXT,
    role INTEGER NOT NULL,                  -- 0 cite, 1 embed, 2 resource
    place INTEGER NOT NULL,                 -- 0 main text, 1 around it
    rel TEXT,
    anchor TEXT NOT NULL,
    PRIMARY KEY (page_version_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_by_target ON link (target_id) WHERE target_id IS NOT NULL;

-- Articles only: each occurrence as the author wrote it.
CREATE TABLE occurrence (
    page_version_id INTEGER NOT NULL REFERENCES page_version (id),
    ordinal INTEGER NOT NULL,
    raw TEXT,                               -- as written; NULL: just as the target's address
    skip TEXT,                              -- why it is never fetched
    section TEXT,
    span_start INTEGER,
    span_end INTEGER,
    line INTEGER,
    column INTEGER,
    quotes TEXT,                            -- JSON array of what the article quotes beside it; NULL: nothing
    PRIMARY KEY (page_version_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE citation (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES article (id),
    url_id INTEGER NOT NULL REFERENCES url (id),
    fragment TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL,                    -- present; removed, retargeted: no longer in the article
    first_seen_at INTEGER NOT NULL,
    removed_at INTEGER,
    verdict_id INTEGER REFERENCES verdict (id),
    UNIQUE (article_id, url_id, fragment)
) STRICT;
CREATE INDEX citation_by_url ON citation (url_id);

-- Append-only: what was done to a citation in later versions of its article. Only versions read by the
-- same extractor from other bytes are compared, so that no rule of ours passes for an author's edit.
CREATE TABLE citation_event (
    id INTEGER PRIMARY KEY,
    citation_id INTEGER NOT NULL REFERENCES citation (id),
    run_id INTEGER NOT NULL REFERENCES run (id),
    page_version_id INTEGER NOT NULL REFERENCES page_version (id),  -- the article, the first time it read so
    at INTEGER NOT NULL,                    -- when that version was read
    since INTEGER,                          -- when the article was last read before, as it read before
    what TEXT NOT NULL,                     -- retargeted, removed, anchor-changed, added, restored
    place INTEGER NOT NULL,                 -- as in link
    anchor_before TEXT,
    anchor_after TEXT,
    now_id INTEGER REFERENCES citation (id) -- where a retargeted link leads now
) STRICT;
CREATE INDEX citation_event_by_citation ON citation_event (citation_id, id);
CREATE INDEX citation_event_by_now ON citation_event (now_id) WHERE now_id IS NOT NULL;

-- Append-only; the newest row of a citation counts.
CREATE TABLE baseline (
    id INTEGER PRIMARY KEY,
    citation_id INTEGER NOT NULL REFERENCES citation (id),
    capture_id INTEGER NOT NULL REFERENCES capture (id),  -- first hop of the chain
    chosen TEXT NOT NULL,                   -- first-good, nearest-cited-at, pinned, accepted
    chosen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX baseline_by_citation ON baseline (citation_id, id);

-- Append-only ledger. A verdict that says in every word what the one before it said is not
-- written again: the captures tell when it was last seen.
CREATE TABLE verdict (
    id INTEGER PRIMARY KEY,
    citation_id INTEGER NOT NULL REFERENCES citation (id),
    capture_id INTEGER NOT NULL REFERENCES capture (id),  -- first hop of the chain it judges
    run_id INTEGER NOT NULL REFERENCES run (id),
    rules_version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    class TEXT NOT NULL,
    transport TEXT NOT NULL,
    access TEXT NOT NULL,
    resource TEXT NOT NULL,
    content TEXT NOT NULL,                  -- against the baseline
    since_last TEXT NOT NULL,               -- against the last good copy before it
    jaccard REAL,
    containment REAL,
    title_similarity REAL,
    status INTEGER,
    final_url TEXT,
    moved_to TEXT,                          -- by a permanent redirect, or where its text was found
    passages TEXT,                          -- JSON: what became of quoted words and of the fragment; NULL: none
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,                 -- JSON array of sentences
    since INTEGER NOT NULL,
    confirmed INTEGER NOT NULL,
    strikes INTEGER NOT NULL,
    last_strike_at INTEGER,
    baseline_id INTEGER REFERENCES baseline (id),
    last_good_id INTEGER REFERENCES capture (id)
) STRICT;
-- A visit is judged once by the same rules against the same copy.
CREATE UNIQUE INDEX verdict_once ON verdict (citation_id, capture_id, rules_version, coalesce(baseline_id, 0));
CREATE INDEX verdict_by_run ON verdict (run_id);

-- What users note beside an address. Taken off, a note stays as a row.
CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    url_id INTEGER NOT NULL REFERENCES url (id),
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    removed_at INTEGER,
    UNIQUE (url_id, at, text)
) STRICT;

-- Up to where someone has read reports (`report --since last`): rows of the ledgers, and when.
CREATE TABLE report_reading (
    id INTEGER PRIMARY KEY,
    reader TEXT NOT NULL,                   -- the name that the reader goes by
    article_id INTEGER REFERENCES article (id),  -- whose reports; NULL: of all
    read_at INTEGER NOT NULL,
    verdict_id INTEGER NOT NULL,            -- 0, as event_id, where there was none
    event_id INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX report_reading_by_reader ON report_reading (reader, coalesce(article_id, 0));

-- What is done again and again while nobody looks (`evercite schedule`). A job that is removed stays as a row.
CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    cron TEXT NOT NULL,                     -- expressions, with semicolons between them
    zone TEXT NOT NULL,                     -- IANA name of the time zone they are meant in
    arguments TEXT NOT NULL,                -- JSON array: a verb, and what goes with it
    folder TEXT NOT NULL,                   -- where it is run: relative to the project
    jitter_ms INTEGER NOT NULL,             -- it may begin so much later than it is due
    catch_up TEXT NOT NULL,                 -- what becomes of missed times: once, all, skip
    limit_ms INTEGER NOT NULL,              -- how long it may take before it is stopped
    added_at INTEGER NOT NULL,
    considered_at INTEGER NOT NULL,         -- each time it was due until then has a row in job_run
    paused_at INTEGER,
    removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX job_by_name ON job (name) WHERE removed_at IS NULL;

-- Each time a job was due, or was run by hand. The row is there, waiting, before anything is begun: whatever is
-- killed when, a time is run once, and one that was cut short is gone on with.
CREATE TABLE job_run (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES job (id),
    due_at INTEGER NOT NULL,                -- of one by hand: when it was asked for
    by_hand INTEGER NOT NULL,
    times INTEGER NOT NULL,                 -- of the job that it stands for: missed ones are run, or noted, together
    outcome TEXT NOT NULL,                  -- waiting, running; missed; done, findings, failed, timed-out, killed
    attempts INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER,
    ended_at INTEGER,
    exit_code INTEGER,
    run_id INTEGER REFERENCES run (id),     -- the run that it began last; NULL: it began none
    log TEXT,                               -- name of a file in the folder of logs beside the archive; NULL: none, or pruned
    UNIQUE (job_id, due_at, by_hand)
) STRICT;
CREATE INDEX job_run_by_end ON job_run (ended_at);

-- How telling goes (`[notify.NAME]` in evercite.toml): what cannot be told in one way is told in the others.
CREATE TABLE notifier (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    told_at INTEGER,                        -- when something last went out
    failures INTEGER NOT NULL,              -- in a row
    failing_since INTEGER,
    failure TEXT                            -- why it failed last; NULL: it did not
) STRICT;

-- Blocks that two looks at a page within one run showed to change by themselves (--second-look): a hash of
-- the names of the elements down to each. They are left out whenever the page is read.
CREATE TABLE volatile_block (
    url_id INTEGER NOT NULL REFERENCES url (id),
    signature INTEGER NOT NULL,
    PRIMARY KEY (url_id, signature)
) STRICT, WITHOUT ROWID;

-- What hosts show where there is nothing: the newest 404 or 410 of a cited address, and the newest answer
-- to an address made up, for each directory.
CREATE TABLE error_page (
    host_id INTEGER NOT NULL REFERENCES host (id),
    directory TEXT NOT NULL,
    shown TEXT NOT NULL,                    -- cited, probe
    capture_id INTEGER NOT NULL REFERENCES capture (id),  -- first hop of the chain
    PRIMARY KEY (host_id, directory, shown)
) STRICT, WITHOUT ROWID;

-- Full text over the main text of every page version; contentless, so that the text is kept once.
-- rowid = page_version.id. Characters of scripts without space between words (Han, Kana, Thai, Lao, Khmer, Myanmar) are
-- indexed one by one, so that a word is a phrase of its characters: MATCH '"東 京"'. Marks are parts of words: the vowels of
-- Devanagari and Thai are such.
CREATE VIRTUAL TABLE page_search USING fts5 (
    title, text,
    content = '', contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2 categories ''L* N* Co Mn Mc'''
);
-- Pages are indexed in batches. Merging segments sixteen at a time instead of four costs less.
INSERT INTO page_search (page_search, rank) VALUES ('automerge', 16);
INSERT INTO page_search (page_search, rank) VALUES ('hashsize', 4194304);

-- What every other table held after the last transaction: how many rows, and the sum (modulo 2^128) of their
-- hashes. The writer keeps it, so that a bit that flips anywhere is seen. See src/archive/fixity/seal.rs.
CREATE TABLE seal (
    name TEXT PRIMARY KEY,
    rows INTEGER NOT NULL,
    sum BLOB NOT NULL
) STRICT, WITHOUT ROWID;
