//! The user's own SQL, read-only by construction.

use std::{sync::PoisonError, time::Instant};

use rusqlite::{
    Statement,
    types::{ToSqlOutput, ValueRef},
};

use super::{
    ArchiveError, Reader, Result,
    functions::{self, Lent},
    sandbox::{self, Limits},
};

/// A statement of the user's, with the values of its parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// One SQL statement.
    pub sql: String,
    /// Names, without the sign before them, and values.
    pub parameters: Vec<(String, Value)>,
}

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
    /// Answers one statement of the user's, within limits (see `sandbox`). What is wrong with it, and what it
    /// takes beyond the limits, is [`ArchiveError::Sql`]. The reader is spent: it can do nothing else from then on.
    pub fn query(mut self, question: &Question, limits: Limits, lent: Lent) -> Result<Rows> {
        if question.sql.contains('\0') {
            return Err(ArchiveError::Sql("a statement has no NUL characters".into()));
        }
        let deadline = limits.deadline();
        let mut beside = self.archive.reader()?;
        functions::same_commit(&self, &beside)?;
        let fault = Fault { limits, deadline };
        sandbox::watch(&mut beside.sql, deadline).map_err(|e| fault.of(&self, e))?;
        let failure =
            functions::register(&self.sql, beside, lent, deadline, limits.value()).map_err(|e| fault.of(&self, e))?;
        sandbox::confine(&mut self.sql, &limits, deadline).map_err(|e| fault.of(&self, e))?;
        self.rows(question, &fault).map_err(|error| {
            let mut failed = failure.lock().unwrap_or_else(PoisonError::into_inner);
            match failed.take() {
                Some(of_archive) if !fault.is_late() => of_archive,
                _ => error,
            }
        })
    }

    fn rows(&self, question: &Question, fault: &Fault) -> Result<Rows> {
        let failed = |e: rusqlite::Error| fault.of(self, e);
        let mut statement = self.sql.prepare(&question.sql).map_err(failed)?;
        if statement.column_count() == 0 || !statement.readonly() {
            return Err(ArchiveError::Sql("there is no query in it".into()));
        }
        bind(&mut statement, &question.parameters, failed)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut answer = Rows {
            columns,
            rows: Vec::new(),
            cut: false,
        };
        let mut held = 0;
        let mut found = statement.raw_query();
        while let Some(row) = found.next().map_err(failed)? {
            if fault.limits.rows.is_some_and(|rows| answer.rows.len() == rows) {
                answer.cut = true;
                break;
            }
            let values = (0..answer.columns.len()).map(|column| {
                let value = row.get_ref(column).map_err(failed)?;
                held += size_of::<Value>() + length(value);
                match fault.limits.answer() {
                    Some(most) if held > most => Err(too_large("the answer", most)),
                    _ => Ok(owned(value)),
                }
            });
            answer.rows.push(values.collect::<Result<_>>()?);
        }
        Ok(answer)
    }
}

/// Gives each parameter of a statement its value; what has none, and what is none, is an error.
fn bind(
    statement: &mut Statement<'_>,
    values: &[(String, Value)],
    failed: impl Fn(rusqlite::Error) -> ArchiveError,
) -> Result<()> {
    let mut unused: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or("?").to_owned();
        let Some(bare) = name.strip_prefix([':', '@', '$']) else {
            return Err(ArchiveError::Sql(format!(
                "the parameter {name} has no name; write :name"
            )));
        };
        let Some((_, value)) = values.iter().find(|(known, _)| known == bare) else {
            return Err(ArchiveError::Sql(format!(
                "the parameter {name} has no value; add --param {bare}=VALUE"
            )));
        };
        statement.raw_bind_parameter(index, value).map_err(&failed)?;
        unused.retain(|known| *known != bare);
    }
    match unused.first() {
        Some(unknown) => Err(ArchiveError::Sql(format!("the statement has no parameter :{unknown}"))),
        None => Ok(()),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// What went wrong with a statement, in words for the one who wrote it.
struct Fault {
    limits: Limits,
    deadline: Option<Instant>,
}

impl Fault {
    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() > deadline)
    }

    fn of(&self, reader: &Reader, error: rusqlite::Error) -> ArchiveError {
        use rusqlite::ErrorCode::*;
        match (&error, error.sqlite_error_code()) {
            (_, Some(OperationInterrupted)) => self.limits.too_late(),
            _ if self.is_late() => self.limits.too_late(),
            (_, Some(OutOfMemory)) => self.limits.too_large(),
            (_, Some(TooBig)) => too_large("a value, or the statement,", self.limits.value()),
            (_, Some(AuthorizationForStatementDenied | ReadOnly)) => {
                ArchiveError::Sql("only reading is allowed here".into())
            }
            (_, Some(DatabaseCorrupt | NotADatabase | SystemIoFailure)) => {
                ArchiveError::from_sqlite(reader.archive.path(), error)
            }
            (rusqlite::Error::MultipleStatement, _) => {
                ArchiveError::Sql("one statement at a time: there is another one after the first".into())
            }
            (rusqlite::Error::SqlInputError { msg, sql, offset, .. }, _) => {
                ArchiveError::Sql(format!("{}{}", one_line(msg), place(sql, *offset)))
            }
            (rusqlite::Error::SqliteFailure(_, Some(said)), _) => ArchiveError::Sql(one_line(said)),
            _ => ArchiveError::Sql(one_line(&error.to_string())),
        }
    }
}

impl Limits {
    /// That a query was stopped, or given up on, as its time was up.
    pub fn too_late(&self) -> ArchiveError {
        ArchiveError::Sql(format!(
            "the query was stopped after {} seconds; --time-limit allows more",
            self.time.unwrap_or_default().as_secs_f64()
        ))
    }

    /// That a query was stopped, or given up on, as it took too much memory.
    pub fn too_large(&self) -> ArchiveError {
        too_large("the query", self.memory.unwrap_or_default())
    }
}

fn too_large(what: &str, bytes: usize) -> ArchiveError {
    ArchiveError::Sql(format!(
        "{what} takes more than {bytes} bytes; --memory-limit allows more"
    ))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where in a statement of several lines something is wrong.
fn place(sql: &str, offset: i32) -> String {
    let before = usize::try_from(offset).ok().and_then(|offset| sql.get(..offset));
    match before {
        Some(before) if sql.trim().contains('\n') => {
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            format!(" (line {}, column {column})", before.matches('\n').count() + 1)
        }
        _ => String::new(),
    }
}

fn length(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 0,
    }
}

fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}
