//! Tables as all verbs print them: for people, for programs, for spreadsheets, for issues.

use std::borrow::Cow;

use comfy_table::{ContentArrangement, presets};
use serde::ser::SerializeMap;

use super::{args::TableFormat, context, error::CliError};
use crate::{archive::Value, report};

/// Names and values, ready to be printed.
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

pub fn write_table(table: &Table, format: TableFormat) -> Result<(), CliError> {
    match format {
        TableFormat::Table => context::print(&as_table(table)),
        TableFormat::Json => context::print(&as_json(table)?),
        TableFormat::Jsonl => context::print(&as_json_lines(table)?),
        TableFormat::Csv => context::print_bytes(&as_csv(table)?),
        TableFormat::Markdown => context::print(&as_markdown(table)),
    }
}

fn as_table(table: &Table) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    // Off a terminal nothing is wrapped: lines stay whole for grep and cut.
    if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        drawn.set_width(terminal_width());
    } else {
        drawn.set_content_arrangement(ContentArrangement::Disabled);
    }
    drawn.set_header(table.columns.iter().map(|name| report::printable(name)));
    for row in &table.rows {
        drawn.add_row(row.iter().map(|value| report::printable(&short(&plain(value)))));
    }
    let text: Vec<String> = drawn
        .to_string()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    format!("{}\n", text.join("\n"))
}

/// Characters of a value that a table shows: all rows are as wide as the widest.
const WIDEST: usize = 2_000;

fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

fn terminal_width() -> u16 {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(100)
}

/// A value as text, as it is.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => data_encoding::HEXLOWER.encode(bytes),
    }
}

/// One row as a JSON object, its columns in their order. BLOBs are hexadecimal.
struct Row<'a>(&'a [String], &'a [Value]);

impl serde::Serialize for Row<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0.iter().zip(self.1) {
            match value {
                Value::Null => map.serialize_entry(name, &())?,
                Value::Integer(number) => map.serialize_entry(name, number)?,
                Value::Real(number) => map.serialize_entry(name, number)?,
                Value::Text(text) => map.serialize_entry(name, text)?,
                Value::Blob(_) => map.serialize_entry(name, &plain(value))?,
            }
        }
        map.end()
    }
}

/// Names of which no two are the same, as objects want them: a second `url` is `url_2`.
fn distinct(columns: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in columns {
        let mut name = column.clone();
        let mut count = 1;
        while names.contains(&name) {
            count += 1;
            name = format!("{column}_{count}");
        }
        names.push(name);
    }
    names
}

fn as_json(table: &Table) -> Result<String, CliError> {
    let columns = distinct(&table.columns);
    let rows: Vec<Row<'_>> = table.rows.iter().map(|row| Row(&columns, row)).collect();
    serde_json::to_string_pretty(&rows)
        .map(|text| text + "\n")
        .map_err(|e| CliError::output(e.into()))
}

fn as_json_lines(table: &Table) -> Result<String, CliError> {
    let columns = distinct(&table.columns);
    let mut out = String::new();
    for row in &table.rows {
        out += &serde_json::to_string(&Row(&columns, row)).map_err(|e| CliError::output(e.into()))?;
        out.push('\n');
    }
    Ok(out)
}

fn as_csv(table: &Table) -> Result<Vec<u8>, CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| CliError::output(e.into());
    let names = table.columns.iter().map(|name| report::cell(name));
    writer.write_record(names).map_err(failed)?;
    for row in &table.rows {
        let fields = row.iter().map(|value| match value {
            Value::Text(text) => report::cell(text),
            other => plain(other),
        });
        writer.write_record(fields).map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|e| CliError::output(std::io::Error::other(e.to_string())))
}

/// A table of GitHub's Markdown. Nothing in a cell is markup.
fn as_markdown(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(table.columns.iter().map(|name| report::prose(name)).collect());
    out += &line(vec!["---".into(); table.columns.len()]);
    for row in &table.rows {
        out += &line(row.iter().map(|value| report::prose(&plain(value))).collect());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_one_name_are_told_apart() {
        for (columns, names) in [
            (&["a", "b"][..], &["a", "b"][..]),
            (&["a", "a", "a"], &["a", "a_2", "a_3"]),
            (&["a", "a_2", "a"], &["a", "a_2", "a_3"]),
            (&["a", "a", "a_2"], &["a", "a_2", "a_2_2"]),
        ] {
            let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(distinct(&columns), names);
        }
    }

    #[test]
    fn foreign_words_are_cells_and_nothing_else() {
        let table = Table {
            columns: vec!["a|b".into(), "n".into()],
            rows: vec![
                vec![Value::Text("=1+1".into()), Value::Integer(-1)],
                vec![Value::Text("x | y\n<b> `c` \u{1b}[31m".into()), Value::Null],
            ],
        };
        assert_eq!(
            as_markdown(&table),
            "| a\\|b | n |\n| --- | --- |\n| \\=1\\+1 | \\-1 |\n| x \\| y \\<b\\> \\`c\\` \u{fffd}\\[31m |  |\n"
        );
        let csv = String::from_utf8(as_csv(&table).expect("CSV")).expect("UTF-8");
        assert_eq!(csv, "a|b,n\n'=1+1,-1\n\"x | y\n<b> `c` \u{fffd}[31m\",\n");
        assert_eq!(
            as_json_lines(&table).expect("JSON").lines().next(),
            Some(r#"{"a|b":"=1+1","n":-1}"#)
        );
    }
}
