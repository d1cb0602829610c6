//! `query`: the user's own SQL.

use std::{
    io::IsTerminal,
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant},
};

use super::{
    CLEAN,
    args::{Global, QueryArgs},
    config::Config,
    context::{self, SystemClock},
    error::CliError,
    page, query_examples,
    table::{Table, write_table},
};
use crate::{
    archive::{Archive, ArchiveError, Lent, Limits, Question, Rows, Value},
    model::time::Clock,
    verdict::drift::{self, Side},
};

/// How much longer than its time a query may take to stop by itself.
const GRACE: Duration = Duration::from_secs(1);
/// How often is looked at the memory that a query takes.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// SQLite's parser goes into the depth of a statement by recursion; its own limits keep it within this.
const STACK: usize = 64 << 20;

pub fn query(global: &Global, args: &QueryArgs) -> Result<u8, CliError> {
    if args.examples {
        context::print(&query_examples::file())?;
        return Ok(CLEAN);
    }
    let question = Question {
        sql: statement(args.sql.as_deref())?,
        parameters: parameters(&args.param)?,
    };
    let limits = Limits {
        rows: Some(args.limit).filter(|rows| *rows > 0),
        time: Some(args.time_limit).filter(|time| !time.is_zero()),
        memory: Some(args.memory_limit).filter(|bytes| *bytes > 0),
    };
    let config = Config::load(global, Default::default())?;
    let reader = Archive::open(&config.archive)?.reader()?;
    let Rows { columns, rows, cut } = within(limits, move || reader.query(&question, limits, lent()))?;
    write_table(&Table { columns, rows }, args.format)?;
    if cut {
        context::note(&format!(
            "only the first {} rows are shown; --limit shows more, 0 all",
            args.limit
        ));
    }
    Ok(CLEAN)
}

/// What SQL functions need of other stages.
fn lent() -> Lent {
    Lent {
        similarity: |one, other| {
            let side = |text| Side { title: "", text };
            drift::compare(side(one), side(other)).1.jaccard
        },
        moment: page::end_of,
        now: SystemClock::default().now(),
    }
}

/// Runs a query on a thread of its own, and gives up on it when it takes too long or too much: nothing inside SQLite
/// ends every statement in time, or counts all that it holds. The process is about to end then, and takes the thread
/// along.
fn within(
    limits: Limits,
    query: impl FnOnce() -> Result<Rows, ArchiveError> + Send + 'static,
) -> Result<Rows, CliError> {
    let (answer, answered) = mpsc::channel();
    let most = limits.memory.map(|memory| resident().saturating_add(memory));
    let end = limits
        .time
        .and_then(|time| Instant::now().checked_add(time.saturating_add(GRACE)));
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        // Nobody waits any more when it was given up on.
        let _ = answer.send(query());
    });
    thread.map_err(|e| CliError::failed(format!("the query could not be started: {e}"), ""))?;
    loop {
        match answered.recv_timeout(LOOK_EVERY) {
            Ok(rows) => return Ok(rows?),
            Err(RecvTimeoutError::Disconnected) => return Err(CliError::failed("the query broke off", "")),
            Err(RecvTimeoutError::Timeout) if end.is_some_and(|end| Instant::now() > end) => {
                return Err(limits.too_late().into());
            }
            Err(RecvTimeoutError::Timeout) if most.is_some_and(|most| resident() > most) => {
                return Err(limits.too_large().into());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Bytes of memory that this process has now; 0 where the system has no such file to tell.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    kilobytes.and_then(|kb| kb.trim().parse::<usize>().ok()).unwrap_or(0) << 10
}

/// The statement as it was typed; from standard input for `-`, or where something is piped in.
fn statement(typed: Option<&str>) -> Result<String, CliError> {
    let sql = match typed {
        Some(sql) if sql != "-" => sql.to_owned(),
        None if std::io::stdin().is_terminal() => String::new(),
        _ => String::from_utf8(context::read_stdin()?)
            .map_err(|_| CliError::usage("the query on standard input is no text in UTF-8", ""))?,
    };
    match sql.trim().is_empty() {
        true => Err(CliError::usage("there is no query", "see `evercite query --help`")),
        false => Ok(sql),
    }
}

/// `k=v`: what looks like a number is one, everything else is text.
fn parameters(written: &[String]) -> Result<Vec<(String, Value)>, CliError> {
    let mut found: Vec<(String, Value)> = Vec::new();
    for one in written {
        let wrong = |why: &str| CliError::usage(format!("--param {one:?}: {why}"), "write --param name=value");
        let (name, value) = one.split_once('=').ok_or_else(|| wrong("there is no = in it"))?;
        let name = name.trim_start_matches([':', '@', '$']);
        if name.is_empty() {
            return Err(wrong("it has no name"));
        }
        if found.iter().any(|(known, _)| known == name) {
            return Err(wrong("that name was given a value already"));
        }
        found.push((name.to_owned(), number(value)));
    }
    Ok(found)
}

/// `7` and `-0.5` are numbers; `007`, `1e5` (it may be a digest) and what is too long for one are text.
fn number(value: &str) -> Value {
    if let Some(integer) = value.parse::<i64>().ok().filter(|n| n.to_string() == value) {
        return Value::Integer(integer);
    }
    let is_decimal = value
        .strip_prefix('-')
        .unwrap_or(value)
        .split_once('.')
        .is_some_and(|(whole, _)| whole == "0" || (whole.starts_with(|c: char| matches!(c, '1'..='9'))));
    match value.parse::<f64>() {
        Ok(real) if is_decimal && real.is_finite() => Value::Real(real),
        _ => Value::Text(value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_number_is_bound_as_one() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (written, bound) in [
            ("7", Value::Integer(7)),
            ("-7", Value::Integer(-7)),
            ("0", Value::Integer(0)),
            ("0.5", Value::Real(0.5)),
            ("-2.5e3", Value::Real(-2500.0)),
            ("007", text("007")),
            ("00.5", text("00.5")),
            ("+7", text("+7")),
            ("1e5", text("1e5")),
            (".5", text(".5")),
            ("1.2.3", text("1.2.3")),
            ("inf", text("inf")),
            ("1.0e999", text("1.0e999")),
            ("9223372036854775808", text("9223372036854775808")),
            ("2020-01-01", text("2020-01-01")),
            ("", text("")),
        ] {
            assert_eq!(number(written), bound, "{written}");
        }
    }
}
