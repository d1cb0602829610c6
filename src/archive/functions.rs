//! The functions that SQL has here beside SQLite's own: bodies and texts, which are stored compressed, and readings
//! of addresses and texts. [`FUNCTIONS`] tells what each does.
//!
//! They may be called from the statement alone (`SQLITE_DIRECTONLY`): a view or trigger that came with a file cannot
//! make use of them, and no view of ours does, so that any SQLite tool can read all views.
//!
//! Those that read the archive do so over a connection of their own, for the one they are called from is busy with
//! the statement, is refused every step but reading, and is lent out by the library for unsafe code only. Both
//! connections are in a transaction of the same commit ([`same_commit`]), so that what a function finds is of the
//! moment of the rows it is called for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use rusqlite::{
    Connection,
    functions::{Context, FunctionFlags},
    params,
    types::ValueRef,
};

use super::{ArchiveError, Reader, Result, copies::Which};
use crate::model::{
    canonical::{self, CanonicalUrl},
    surt::surt_text,
    time::Timestamp,
    url::{self, Url},
    verdict::Class,
};

/// What a function of ours does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Function {
    /// Name and arguments.
    pub call: &'static str,
    /// The type of its value.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What its value is.
    pub meaning: &'static str,
}

/// Every function of ours. All give NULL for NULL.
pub const FUNCTIONS: &[Function] = &[
    Function {
        call: "body(capture)",
        kind: "BLOB",
        meaning: "the archived bytes of a capture, by its uid, or those of a SHA-256 (both in hexadecimal); \
            NULL where none are kept",
    },
    Function {
        call: "host(url)",
        kind: "TEXT",
        meaning: "the host of an address; NULL for what is no web address",
    },
    Function {
        call: "registered_domain(url)",
        kind: "TEXT",
        meaning: "the domain that was registered: public suffix and one label more; the host where there is none",
    },
    Function {
        call: "similarity(a, b)",
        kind: "REAL",
        meaning: "how much two texts have in common, from 0 to 1: the Jaccard similarity of their runs of five words, \
            as in the column jaccard",
    },
    Function {
        call: "surt(url)",
        kind: "TEXT",
        meaning: "the key under which the indexes of web archives have an address",
    },
    Function {
        call: "text(url [, time])",
        kind: "TEXT",
        meaning: "the main text of the newest good copy of a page, or of the newest by that time; NULL where there \
            is none",
    },
    Function {
        call: "verdict_at(url, time)",
        kind: "TEXT",
        meaning: "the class that links to an address had by that time, as judged then; of several links, the gravest; \
            NULL before the first verdict",
    },
];

/// What the functions cannot know by themselves.
#[derive(Debug, Clone, Copy)]
pub struct Lent {
    /// Compares two texts.
    pub similarity: fn(&str, &str) -> f64,
    /// The last moment that a written time may mean, seen from now; errors say what is wrong with it.
    pub moment: fn(&str, Timestamp) -> std::result::Result<Timestamp, String>,
    /// The present time, for all of the statement.
    pub now: Timestamp,
}

/// What the archive said when a function could not read it.
pub(super) type Failure = Arc<Mutex<Option<ArchiveError>>>;

/// Shared by the functions of one query.
struct Functions {
    beside: Mutex<Reader>,
    lent: Lent,
    deadline: Option<Instant>,
    longest: usize,
    failure: Failure,
}

/// A function's value, or NULL.
type Answer<T> = rusqlite::Result<Option<T>>;

/// Gives a connection the functions. They read over `beside`, give up at the deadline, and make no value with more
/// than `longest` bytes.
pub(super) fn register(
    sql: &Connection,
    beside: Reader,
    lent: Lent,
    deadline: Option<Instant>,
    longest: usize,
) -> rusqlite::Result<Failure> {
    let failure = Failure::default();
    let shared = Arc::new(Functions {
        beside: Mutex::new(beside),
        lent,
        deadline,
        longest,
        failure: Arc::clone(&failure),
    });
    // What is read is of one moment, and times are told from one: within a statement, the same for the same.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    sql.create_scalar_function("host", 1, flags, |call| {
        of_address(call, |url| url::host(url).to_owned())
    })?;
    sql.create_scalar_function("registered_domain", 1, flags, |call| {
        of_address(call, |url| url::registered_domain(url::host(url)).to_owned())
    })?;
    sql.create_scalar_function("surt", 1, flags, |call| Ok(words(call, 0)?.map(surt_text)))?;
    let own = Arc::clone(&shared);
    sql.create_scalar_function("similarity", 2, flags, move |call| own.similarity(call))?;
    let own = Arc::clone(&shared);
    sql.create_scalar_function("body", 1, flags, move |call| own.body(call))?;
    for arguments in [1, 2] {
        let own = Arc::clone(&shared);
        sql.create_scalar_function("text", arguments, flags, move |call| own.text(call))?;
    }
    sql.create_scalar_function("verdict_at", 2, flags, move |call| shared.verdict_at(call))?;
    Ok(failure)
}

impl Functions {
    fn similarity(&self, call: &Context<'_>) -> Answer<f64> {
        self.in_time()?;
        match (words(call, 0)?, words(call, 1)?) {
            (Some(one), Some(other)) => Ok(Some((self.lent.similarity)(one, other))),
            _ => Ok(None),
        }
    }

    fn body(&self, call: &Context<'_>) -> Answer<Vec<u8>> {
        self.in_time()?;
        let key = match call.get_raw(0) {
            ValueRef::Null => return Ok(None),
            ValueRef::Blob(bytes) => bytes.to_vec(),
            _ => {
                let written = words(call, 0)?.unwrap_or_default().replace('-', "").to_lowercase();
                data_encoding::HEXLOWER.decode(written.as_bytes()).unwrap_or_default()
            }
        };
        let of = match key.len() {
            16 => "SELECT c.payload_id FROM capture c WHERE c.uid = ?",
            32 => "SELECT p.id FROM payload p WHERE p.sha256 = ?",
            _ => return Err(wrong("body() wants the uid of a capture or a SHA-256, in hexadecimal")),
        };
        self.read(|reader| {
            let found: Option<(i64, i64)> = reader.ask(|sql| {
                sql.prepare_cached(&format!(
                    "SELECT p.id, p.length FROM payload p WHERE p.id = ({of}) AND p.blob_id IS NOT NULL"
                ))?
                .query_map(params![key], |row| Ok((row.get(0)?, row.get(1)?)))?
                .next()
                .transpose()
            })?;
            match found {
                None => Ok(None),
                // SQLite refuses a value of that length; it need not be made.
                Some((_, length)) if length as usize > self.longest => Err(ArchiveError::Sql(format!(
                    "a body is longer than {} bytes",
                    self.longest
                ))),
                Some((payload, length)) => {
                    let mut bytes = Vec::with_capacity(length as usize);
                    let written = reader.copy_payload(payload, &mut bytes)?;
                    written.map_err(|e| ArchiveError::from_io(reader.archive.path(), &e))?;
                    Ok(Some(bytes))
                }
            }
        })
    }

    fn text(&self, call: &Context<'_>) -> Answer<String> {
        self.in_time()?;
        let which = match call.len() {
            1 => Some(Which::Newest),
            _ => self.moment(call, 1)?.map(Which::By),
        };
        let (Some(address), Some(which)) = (address(call)?, which) else {
            return Ok(None);
        };
        let key = CanonicalUrl::of(&address);
        self.read(|reader| {
            let copy = reader.good_copy(&address, key.as_str(), which)?;
            copy.map(|copy| reader.text_of(&copy)).transpose()
        })
    }

    fn verdict_at(&self, call: &Context<'_>) -> Answer<&'static str> {
        self.in_time()?;
        let (Some(address), Some(moment)) = (address(call)?, self.moment(call, 1)?) else {
            return Ok(None);
        };
        let key = CanonicalUrl::of(&address);
        let classes: Vec<Option<String>> = self.read(|reader| {
            let classes = reader.ask(|sql| {
                sql.prepare_cached(
                    "SELECT (SELECT v.class FROM verdict v WHERE v.citation_id = ci.id AND v.at <= ?3
                         ORDER BY v.at DESC, v.id DESC LIMIT 1)
                     FROM url u JOIN citation ci ON ci.url_id = u.id WHERE u.url = ?1 OR u.url = ?2 OR u.lookup_key = ?2",
                )?
                .query_map(params![address.as_str(), key.as_str(), moment.millis()], |row| row.get(0))?
                .collect()
            })?;
            Ok(Some(classes))
        })?
        .unwrap_or_default();
        let known: Vec<Class> = classes
            .into_iter()
            .flatten()
            .map(|word| word.parse().map_err(|why: String| wrong(&why)))
            .collect::<rusqlite::Result<_>>()?;
        // They are declared in the order of how much they ask for.
        Ok(known.into_iter().min().map(Class::as_str))
    }

    /// A time as a person writes it, or milliseconds as tables have them.
    fn moment(&self, call: &Context<'_>, argument: usize) -> Answer<Timestamp> {
        match call.get_raw(argument) {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(millis) => Ok(Some(Timestamp::from_millis(millis))),
            _ => {
                let written = words(call, argument)?.unwrap_or_default();
                (self.lent.moment)(written, self.lent.now)
                    .map(Some)
                    .map_err(|why| wrong(&why))
            }
        }
    }

    /// Reads the archive; what keeps it from being read is told to the one who asked, as it is.
    fn read<T>(&self, read: impl FnOnce(&Reader) -> Result<Option<T>>) -> Answer<T> {
        let reader = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
        read(&reader).map_err(|error| {
            let said = wrong(&error.to_string());
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            said
        })
    }

    /// A statement may call a slow function often between two looks of SQLite at the clock.
    fn in_time(&self) -> rusqlite::Result<()> {
        match self.deadline {
            Some(deadline) if Instant::now() > deadline => Err(wrong("the time is up")),
            _ => Ok(()),
        }
    }
}

fn of_address(call: &Context<'_>, read: impl FnOnce(&Url) -> String) -> Answer<String> {
    Ok(address(call)?.map(|url| read(&url)).filter(|host| !host.is_empty()))
}

/// The first argument as the address of a page; `None` for what is none.
fn address(call: &Context<'_>) -> Answer<Url> {
    Ok(words(call, 0)?.and_then(|written| {
        // A local article has an address of another kind.
        let mut url = canonical::parse(written).ok().or_else(|| Url::parse(written).ok())?;
        url::strip(&mut url);
        Some(url)
    }))
}

fn words<'a>(call: &'a Context<'_>, argument: usize) -> Answer<&'a str> {
    match call.get_raw(argument) {
        ValueRef::Null => Ok(None),
        ValueRef::Text(text) | ValueRef::Blob(text) => std::str::from_utf8(text)
            .map(Some)
            .map_err(|_| wrong("a function was given bytes that are no text in UTF-8")),
        ValueRef::Integer(_) | ValueRef::Real(_) => Err(wrong("a function was given a number for a text")),
    }
}

fn wrong(why: &str) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(why.into())
}

/// How often two connections try to see the same commit, while others come in between.
const TRIES: usize = 100;

/// Begins a transaction on both connections, in which they see the same commit. What every commit changes is the
/// seal over all tables.
pub(super) fn same_commit(one: &Reader, other: &Reader) -> Result<()> {
    let begin = |reader: &Reader| reader.ask(|sql| sql.execute_batch("BEGIN").and_then(|()| seal(sql)));
    for _ in 0..TRIES {
        if begin(one)? == begin(other)? {
            return Ok(());
        }
        for reader in [one, other] {
            reader.ask(|sql| sql.execute_batch("ROLLBACK"))?;
        }
    }
    Err(ArchiveError::Locked {
        path: one.archive.path().to_path_buf(),
        holder: " without a pause".into(),
    })
}

fn seal(sql: &Connection) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    sql.prepare_cached("SELECT rows, sum FROM seal ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
