//! Holds the shape of the program: who may import whom, and which edge may touch what.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

const STAGES: &[&str] = &[
    "source", "frontier", "fetch", "extract", "archive", "verdict", "report", "schedule", "notify",
];

/// A source file as the rules see it: without comments, and without its tests.
struct Source {
    /// Path below `src`, such as `archive/open.rs`.
    name: String,
    /// Where it stands in the tree of modules, such as `["archive", "open"]`.
    module: Vec<String>,
    code: String,
    text: String,
}

impl Source {
    /// The module directly under the crate's root that it belongs to; empty for the root itself.
    fn top(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    fn is_test(&self) -> bool {
        self.name.ends_with("/tests.rs") || self.name.ends_with("_tests.rs")
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn every_file() -> Vec<Source> {
    let src = root().join("src");
    let mut paths = Vec::new();
    files(&src, &mut paths);
    paths
        .iter()
        .map(|path| {
            let name = path
                .strip_prefix(&src)
                .expect("below src")
                .to_string_lossy()
                .into_owned();
            let text = std::fs::read_to_string(path).expect("a readable file");
            let mut module: Vec<String> = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
                module.pop();
            }
            Source {
                code: code(&text),
                name,
                module,
                text,
            }
        })
        .collect()
}

/// The files that the rules are about: the program, without its tests.
fn program() -> Vec<Source> {
    let found: Vec<Source> = every_file().into_iter().filter(|file| !file.is_test()).collect();
    assert!(found.len() > 30, "the sources are found");
    found
}

/// Without comments and without what only tests compile.
fn code(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            skip_item(&mut lines);
            continue;
        }
        if !line.trim_start().starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Skips one item: up to its `;` or closing brace, which rustfmt puts where the item began.
fn skip_item<'a>(lines: &mut impl Iterator<Item = &'a str>) {
    let mut indent = None;
    for line in lines {
        let depth = line.len() - line.trim_start().len();
        let first = *indent.get_or_insert(depth);
        let ends = line.trim_end().ends_with(';') || line.trim_end().ends_with('}');
        if depth == first && ends && !line.trim_start().starts_with("#[") {
            return;
        }
    }
}

/// The modules under the crate's root that a file names, by `crate::` or by enough `super::`.
fn imports(file: &Source) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in file.code.match_indices("crate::") {
        if !file.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            found.extend(heads(&file.code[at + "crate::".len()..]));
        }
    }
    for (at, _) in file.code.match_indices("super::") {
        if file.code[..at].ends_with("super::") || file.code[..at].ends_with("crate::") {
            continue;
        }
        let mut rest = &file.code[at..];
        let mut up = 0;
        while let Some(shorter) = rest.strip_prefix("super::") {
            (rest, up) = (shorter, up + 1);
        }
        if up == file.module.len() {
            found.extend(heads(rest));
        }
    }
    found
}

/// The first names of a path or of every path in a group: `a` of `a::b`, `a` and `c` of `{a::b, c}`.
fn heads(path: &str) -> Vec<String> {
    let word = |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let Some(group) = path.strip_prefix('{') else {
        return vec![word(path)];
    };
    let (mut depth, mut names, mut start) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(word(group[start..at].trim_start()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(word(group[start..at].trim_start()));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Every module under the root; what is named after `crate::` and is none of these is a macro or an item.
fn modules() -> BTreeSet<String> {
    program()
        .iter()
        .map(|file| file.top().to_owned())
        .filter(|top| !top.is_empty())
        .collect()
}

#[test]
fn modules_import_only_what_the_design_allows() {
    let modules = modules();
    let mut offences = Vec::new();
    for file in program() {
        let allowed: Vec<&str> = match file.top() {
            "" | "cli" => continue,
            "model" => vec!["model"],
            "demo" => vec!["demo", "model"],
            "crawl" => [&["crawl", "model"], STAGES].concat(),
            stage if STAGES.contains(&stage) => vec![stage, "model"],
            unknown => panic!(
                "src/{}: {unknown} has no place in the design; give it one here",
                file.name
            ),
        };
        for import in imports(&file) {
            if modules.contains(&import) && !allowed.contains(&import.as_str()) {
                offences.push(format!("src/{} imports {import}", file.name));
            }
        }
    }
    assert_eq!(offences, Vec::<String>::new());
}

#[test]
fn every_stage_is_there() {
    let modules = modules();
    for name in STAGES.iter().chain(&["model", "crawl", "cli", "demo"]) {
        assert!(modules.contains(*name), "{name} is in the design");
    }
}

/// Words that only some modules may write, and why.
const RESERVED: &[(&[&str], &[&str], &str)] = &[
    (&["rusqlite"], &["archive"], "only the archive knows SQL"),
    (&["reqwest", "hyper::"], &["fetch"], "only fetch opens outgoing sockets"),
    (
        &["TcpStream::connect", "UdpSocket", "lookup_host", "to_socket_addrs"],
        &["fetch"],
        "only fetch opens outgoing sockets",
    ),
    (
        &["println!", "print!(", "dbg!", "io::stdout", "io::stderr"],
        &["cli"],
        "only cli prints",
    ),
    (
        &["io::stdin", "std::env", "env::var", "env::args"],
        &["cli"],
        "only cli reads arguments, environment and input",
    ),
    (
        &["std::process", "process::exit", "process::Command"],
        &["cli"],
        "only cli ends or starts processes",
    ),
    (&["SystemTime"], &["cli"], "the clock is passed in"),
    (&["Timestamp::now", "Zoned::now"], &["cli"], "the clock is passed in"),
    (
        &["Instant"],
        &["fetch", "archive", "cli"],
        "how long something took is for edges to measure",
    ),
    (&["clap::"], &["cli"], "only cli parses arguments"),
];

/// The lock tells who holds it.
const EXEMPT: &[(&str, &str)] = &[("archive/lock.rs", "std::process::id()")];

#[test]
fn edges_are_touched_only_where_they_belong() {
    let mut offences = Vec::new();
    for file in program().iter().filter(|file| file.name != "main.rs") {
        let mut code = file.code.clone();
        for (_, words) in EXEMPT.iter().filter(|(name, _)| *name == file.name) {
            assert!(code.contains(words), "src/{} no longer needs its exemption", file.name);
            code = code.replace(words, "");
        }
        for (words, allowed, why) in RESERVED.iter().filter(|(_, allowed, _)| !allowed.contains(&file.top())) {
            for word in words.iter().filter(|word| names(&code, word)) {
                offences.push(format!(
                    "src/{} names {word}: {why} ({})",
                    file.name,
                    allowed.join(", ")
                ));
            }
        }
    }
    assert_eq!(offences, Vec::<String>::new());
}

/// Whether the word stands in the code as a word of its own.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at]
            .chars()
            .next_back()
            .is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
        let open = !word.ends_with(|c: char| c.is_alphanumeric());
        let after = code[at + word.len()..]
            .chars()
            .next()
            .is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
        before && (open || after)
    })
}

#[test]
fn sql_stands_only_in_the_archive() {
    let offences: Vec<String> = program()
        .iter()
        .filter(|file| !matches!(file.top(), "archive" | "cli"))
        .flat_map(|file| {
            ["SELECT ", "INSERT INTO", "PRAGMA "]
                .iter()
                .filter(|sql| file.code.contains(**sql))
                .map(|sql| format!("src/{}: {sql}", file.name))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(offences, Vec::<String>::new());
}

#[test]
fn every_file_says_what_it_is() {
    let files = every_file();
    let silent: Vec<&str> = files
        .iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(silent, Vec::<&str>::new(), "files without a //! header");
    for file in files {
        let nameless = ["utils.rs", "util.rs", "helpers.rs", "common.rs", "misc.rs"];
        assert!(
            !nameless.iter().any(|name| file.name.ends_with(name)),
            "src/{} has no name",
            file.name
        );
    }
}

#[test]
fn the_map_stays_short() {
    // The file is written last; where it is not there yet, there is nothing to hold it to.
    let Ok(map) = std::fs::read_to_string(root().join("ARCHITECTURE.md")) else {
        return;
    };
    assert!(map.lines().count() <= 150, "{} lines", map.lines().count());
    for module in modules() {
        assert!(map.contains(&module), "ARCHITECTURE.md does not name {module}");
    }
}

#[test]
fn every_migration_is_embedded_in_order() {
    let open = std::fs::read_to_string(root().join("src/archive/open.rs")).expect("open.rs");
    let mut names: Vec<String> = std::fs::read_dir(root().join("migrations"))
        .expect("migrations")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".sql"))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    let mut from = 0;
    for (number, name) in (1..).zip(&names) {
        assert!(
            name.starts_with(&format!("{number:04}_")),
            "{name}: migrations are numbered without gaps"
        );
        let embedded = format!("include_str!(\"../../migrations/{name}\")");
        let at = open[from..]
            .find(&embedded)
            .unwrap_or_else(|| panic!("{name} is not embedded, or not in order"));
        from += at + embedded.len();
    }
    assert_eq!(open.matches("include_str!(\"../../migrations/").count(), names.len());
    assert_eq!(evercite::archive::FORMAT_VERSION, names.len() as i64);
}

#[test]
fn the_rules_see_what_they_should() {
    let file = |name: &str, text: &str| {
        let module = name
            .trim_end_matches(".rs")
            .trim_end_matches("/mod")
            .split('/')
            .map(str::to_owned)
            .collect();
        Source {
            name: name.into(),
            module,
            code: code(text),
            text: text.into(),
        }
    };
    for (name, text, want) in [
        ("fetch/a.rs", "use crate::model::x;", &["model"][..]),
        (
            "fetch/a.rs",
            "use crate::{\n    archive::{A, b::C},\n    model,\n};",
            &["archive", "model"],
        ),
        ("fetch/a.rs", "fn f() { crate::verdict::g() }", &["verdict"]),
        ("fetch/a.rs", "use super::super::archive::A;", &["archive"]),
        ("fetch/mod.rs", "use super::archive::A;", &["archive"]),
        ("fetch/a.rs", "use super::guard;", &[]),
        (
            "fetch/a.rs",
            "// use crate::archive;\n#[cfg(test)]\nmod tests {\n    use crate::archive;\n}\nuse crate::model;",
            &["model"],
        ),
        (
            "fetch/a.rs",
            "#[cfg(test)]\n#[path = \"x.rs\"]\nmod tests;\nuse crate::model;",
            &["model"],
        ),
    ] {
        let found: Vec<String> = imports(&file(name, text)).into_iter().collect();
        assert_eq!(found, want, "{name}: {text}");
    }
    assert!(names("std::println!(\"\")", "println!") && !names("eprintln_x!()", "println!"));
    assert!(!names("InstantLike", "Instant") && names("x: Instant,", "Instant"));
}
