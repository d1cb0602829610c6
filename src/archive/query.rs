//! The user's own SQL, read-only by construction, and full-text search.

use std::time::{Duration, Instant};

use rusqlite::{
    hooks::{AuthAction, AuthContext, Authorization},
    params,
    types::ValueRef,
};

use super::{ArchiveError, Reader, Result, read::time};
use crate::model::time::Timestamp;

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Values, row by row.
    pub rows: Vec<Vec<Value>>,
    /// True when there were more rows than asked for.
    pub cut: bool,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text; invalid UTF-8 is replaced.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A text in which words were found: a page version, and those that differ from it in noise only.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SearchHit {
    /// Address of the page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// When it was first captured.
    pub first_captured: Timestamp,
    /// When it was last captured.
    pub last_captured: Timestamp,
    /// The words in their surroundings, marked with `[` and `]`.
    pub snippet: String,
}

/// Characters of context on each side of a found word.
const AROUND: usize = 60;

impl Reader {
    /// Runs one statement of the user's. Anything but reading is refused by SQLite's authorizer, and
    /// a query that runs longer than `limit` is stopped.
    pub fn query(&mut self, text: &str, rows: usize, limit: Duration) -> Result<Rows> {
        let archive = self.archive.clone();
        let user = |e: rusqlite::Error| match e.sqlite_error_code() {
            Some(rusqlite::ErrorCode::OperationInterrupted) => ArchiveError::Sql(format!(
                "the query was stopped after {} seconds; --time-limit allows more",
                limit.as_secs()
            )),
            Some(rusqlite::ErrorCode::AuthorizationForStatementDenied) => {
                ArchiveError::Sql("only reading is allowed here".into())
            }
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => archive.error(e),
            _ => ArchiveError::Sql(e.to_string()),
        };
        let begun = Instant::now();
        self.sql.authorizer(Some(read_only)).map_err(user)?;
        self.sql
            .progress_handler(10_000, Some(move || begun.elapsed() > limit))
            .map_err(user)?;
        let mut statement = self.sql.prepare(text).map_err(user)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut answer = Rows {
            columns,
            rows: Vec::new(),
            cut: false,
        };
        let mut found = statement.query([]).map_err(user)?;
        while let Some(row) = found.next().map_err(user)? {
            if answer.rows.len() == rows {
                answer.cut = true;
                break;
            }
            let values = (0..answer.columns.len()).map(|column| row.get_ref(column).map(value));
            answer.rows.push(values.collect::<rusqlite::Result<_>>().map_err(user)?);
        }
        Ok(answer)
    }

    /// Page versions whose title or main text has the words, best first.
    pub fn search(&self, words: &str, limit: usize) -> Result<Vec<SearchHit>> {
        // Each word is quoted, so that no character of it is taken for FTS5's query language.
        let quoted: Vec<String> = words
            .split_whitespace()
            .map(|w| format!("\"{}\"", w.replace('"', "\"\"")))
            .collect();
        let found: Vec<(i64, String, String, Timestamp, Timestamp)> = self.ask(|sql| {
            sql.prepare(
                "SELECT v.id, u.url, v.title, min(c.at), max(c.at)
                 FROM page_search s CROSS JOIN page_version v ON v.id = s.rowid
                 CROSS JOIN url u ON u.id = v.url_id CROSS JOIN capture c ON c.url_id = v.url_id
                 CROSS JOIN page_version w ON w.payload_id = c.payload_id AND w.url_id = c.url_id
                     AND w.text_sha256 = v.text_sha256 AND w.title = v.title AND (w.id = v.id OR w.text_length >= 200)
                 WHERE page_search MATCH ?1 GROUP BY v.id ORDER BY min(s.rank), v.id LIMIT ?2",
            )?
            .query_map(params![quoted.join(" "), limit as i64], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, time(row, 3)?, time(row, 4)?))
            })?
            .collect()
        })?;
        found
            .into_iter()
            .map(|(version, url, title, first_captured, last_captured)| {
                let snippet = snippet(&self.text(version)?, words);
                Ok(SearchHit {
                    url,
                    title,
                    first_captured,
                    last_captured,
                    snippet,
                })
            })
            .collect()
    }
}

/// Lets through what only reads; SQLite asks for each step of a statement while preparing it.
fn read_only(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Function { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        // What FTS5 and introspection ask for.
        AuthAction::Pragma {
            pragma_name,
            pragma_value: None,
        } if !pragma_name.ends_with("checkpoint") => Authorization::Allow,
        AuthAction::Pragma {
            pragma_name: "table_info" | "table_xinfo" | "table_list" | "index_list" | "index_info",
            ..
        } => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// The first place where a searched word stands, with its surroundings.
fn snippet(text: &str, words: &str) -> String {
    let fold = |s: &str| s.chars().flat_map(char::to_lowercase).collect::<String>();
    let wanted: Vec<String> = words.split_whitespace().map(fold).collect();
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut start = None;
    let mut word = 0;
    for position in 0..=characters.len() {
        let inside = position < characters.len() && characters[position].1.is_alphanumeric();
        if inside && (position == 0 || !characters[position - 1].1.is_alphanumeric()) {
            word = position;
        }
        if !inside && position > word && characters[word].1.is_alphanumeric() {
            let end = characters.get(position).map_or(text.len(), |c| c.0);
            if wanted.contains(&fold(&text[characters[word].0..end])) {
                start = Some((word, position));
                break;
            }
        }
    }
    let (from, to) = start.unwrap_or((0, 0));
    let piece = |a: usize, b: usize| -> String {
        characters[a..b]
            .iter()
            .map(|c| if c.1 == '\n' { ' ' } else { c.1 })
            .collect()
    };
    let (left, right) = (from.saturating_sub(AROUND), (to + AROUND).min(characters.len()));
    let lead = if left > 0 { "…" } else { "" };
    let tail = if right < characters.len() { "…" } else { "" };
    let marked = if to > from {
        format!("[{}]", piece(from, to))
    } else {
        String::new()
    };
    format!("{lead}{}{marked}{}{tail}", piece(left, from), piece(to, right))
}

#[cfg(test)]
mod tests {
    use super::snippet;

    #[test]
    fn shows_the_word_in_its_surroundings() {
        for (text, words, want) in [
            ("the old bridge fell", "bridge", "the old [bridge] fell"),
            ("Bridge", "bridge", "[Bridge]"),
            ("abridged\nBRIDGE works", "bridge", "abridged [BRIDGE] works"),
            ("nothing here", "bridge", "nothing here"),
            ("", "bridge", ""),
        ] {
            assert_eq!(snippet(text, words), want);
        }
        let long = format!("{} bridge {}", "x".repeat(200), "y".repeat(200));
        assert!(snippet(&long, "bridge").starts_with('…') && snippet(&long, "bridge").ends_with('…'));
    }
}
