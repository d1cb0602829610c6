//! What keeps the user's own SQL from writing, from reading other files, and from taking all time and memory.
//!
//! Writing is refused four times over: the connection is `query_only` and in SQLite's defensive mode, the authorizer
//! lets no other step through than reading while a statement is prepared, and what has been prepared must call
//! itself read-only. Time is watched by SQLite's progress handler, and the length of a value is limited.
//!
//! That is not all. One step of a statement can take hours by itself (`instr` of two long texts), and what a statement
//! sorts or remembers has no limit of its own: SQLite's for its heap counts only where it was built to count. So
//! whoever runs a query has to watch its time and memory from outside, and to give it up.

use std::time::{Duration, Instant};

use rusqlite::{
    Connection,
    config::DbConfig,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
};

/// What a query may take. `None`: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows of the answer; beyond them it is cut.
    pub rows: Option<usize>,
    /// Time until the last row.
    pub time: Option<Duration>,
    /// Bytes of memory for everything that is held for the query, its answer included.
    pub memory: Option<usize>,
}

impl Limits {
    /// Bytes of a single value at most: a quarter of the memory, as making one takes another.
    pub(super) fn value(&self) -> usize {
        self.memory.map_or(LENGTH_MAX, |memory| (memory / 4).min(LENGTH_MAX))
    }

    /// Bytes of the answer at most: half of the memory.
    pub(super) fn answer(&self) -> Option<usize> {
        self.memory.map(|memory| memory / 2)
    }

    /// When the time is up, from now on.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.time.and_then(|time| Instant::now().checked_add(time))
    }
}

/// The longest value that SQLite can be told to allow.
const LENGTH_MAX: usize = 1_000_000_000;
/// Bytes of a statement.
const STATEMENT_MAX: i32 = 1_000_000;
/// Bytes of a pattern of LIKE or GLOB: matching may take as many steps for each character of a text.
const PATTERN_MAX: i32 = 1_000;
/// Instructions of SQLite's virtual machine between two looks at the clock.
const LOOK_EVERY: i32 = 10_000;

/// Confines a connection, for good.
pub(super) fn confine(sql: &mut Connection, limits: &Limits, deadline: Option<Instant>) -> rusqlite::Result<()> {
    if let Some(memory) = limits.memory {
        // Of the whole process, which does nothing else.
        sql.query_row(&format!("PRAGMA hard_heap_limit = {memory}"), [], |_| Ok(()))?;
    }
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, limits.value() as i32),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, STATEMENT_MAX),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_MAX),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        sql.set_limit(limit, value)?;
    }
    watch(sql, deadline)?;
    sql.authorizer(Some(read_only))
}

/// Lets a connection stop once the time is up.
pub(super) fn watch(sql: &mut Connection, deadline: Option<Instant>) -> rusqlite::Result<()> {
    match deadline {
        Some(deadline) => sql.progress_handler(LOOK_EVERY, Some(move || Instant::now() > deadline)),
        None => Ok(()),
    }
}

/// Pragmas that only tell something, and change nothing even with a value.
const TELLING: &[&str] = &[
    "collation_list",
    "compile_options",
    "database_list",
    "foreign_key_list",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "module_list",
    "pragma_list",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// Pragmas that tell something as long as they are given no value. FTS5 asks for `data_version`.
const TELLING_WITHOUT_VALUE: &[&str] = &[
    "application_id",
    "auto_vacuum",
    "data_version",
    "encoding",
    "freelist_count",
    "journal_mode",
    "page_count",
    "page_size",
    "query_only",
    "schema_version",
    "user_version",
];

/// Lets through what only reads; SQLite asks for each step of a statement while preparing it.
fn read_only(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Function { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        AuthAction::Pragma { pragma_name, .. } if TELLING.contains(&pragma_name) => Authorization::Allow,
        AuthAction::Pragma {
            pragma_name,
            pragma_value: None,
        } if TELLING_WITHOUT_VALUE.contains(&pragma_name) => Authorization::Allow,
        _ => Authorization::Deny,
    }
}
