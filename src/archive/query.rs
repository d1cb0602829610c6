//! The user's own SQL, read-only by construction.

use std::time::{Duration, Instant};

use rusqlite::{
    hooks::{AuthAction, AuthContext, Authorization},
    types::ValueRef,
};

use super::{ArchiveError, Reader, Result};

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
