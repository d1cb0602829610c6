//! `query`, and tables as all verbs print them.

use comfy_table::{ContentArrangement, presets};
use serde_json::{Map, json};

use super::{
    CLEAN,
    args::{Global, QueryArgs, TableFormat},
    config::Config,
    context,
    error::CliError,
};
use crate::{
    archive::{Archive, Rows, Value},
    report,
};

/// Names and values, ready to be printed.
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

/// The views and their columns, from the schema itself.
const VIEWS: &str = "SELECT m.name AS view, group_concat(c.name, ', ') AS columns
    FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'view' GROUP BY m.name ORDER BY m.name";

pub fn query(global: &Global, args: &QueryArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let sql = match (&args.sql, args.views) {
        (_, true) => VIEWS,
        (Some(sql), false) => sql,
        (None, false) => return Err(CliError::usage("there is no query", "see `evercite query --help`")),
    };
    let mut reader = Archive::open(&config.archive)?.reader()?;
    let Rows { columns, rows, cut } = reader.query(sql, args.limit, args.time_limit)?;
    write_table(&Table { columns, rows }, args.format)?;
    if cut {
        context::note(&format!(
            "only the first {} rows are shown; --limit shows more",
            args.limit
        ));
    }
    Ok(CLEAN)
}

pub fn write_table(table: &Table, format: TableFormat) -> Result<(), CliError> {
    match format {
        TableFormat::Table => context::print(&as_table(table)),
        TableFormat::Json => context::print(&as_json(table)?),
        TableFormat::Csv => context::print_bytes(&as_csv(table)?),
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
    drawn.set_header(&table.columns);
    for row in &table.rows {
        drawn.add_row(row.iter().map(plain));
    }
    let text: Vec<String> = drawn
        .to_string()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    format!("{}\n", text.join("\n"))
}

fn terminal_width() -> u16 {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(100)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => report::printable(text),
        Value::Blob(bytes) => data_encoding::HEXLOWER.encode(bytes),
    }
}

fn as_json(table: &Table) -> Result<String, CliError> {
    let rows: Vec<Map<String, serde_json::Value>> = table
        .rows
        .iter()
        .map(|row| {
            let values = row.iter().map(|value| match value {
                Value::Null => json!(null),
                Value::Integer(number) => json!(number),
                Value::Real(number) => json!(number),
                Value::Text(text) => json!(text),
                Value::Blob(bytes) => json!(data_encoding::HEXLOWER.encode(bytes)),
            });
            table.columns.iter().cloned().zip(values).collect()
        })
        .collect();
    serde_json::to_string_pretty(&rows)
        .map(|text| text + "\n")
        .map_err(|e| CliError::output(e.into()))
}

fn as_csv(table: &Table) -> Result<Vec<u8>, CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| CliError::output(e.into());
    writer.write_record(&table.columns).map_err(failed)?;
    for row in &table.rows {
        let fields = row.iter().map(|value| match value {
            Value::Text(text) => text.clone(),
            other => plain(other),
        });
        writer.write_record(fields).map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|e| CliError::output(std::io::Error::other(e.to_string())))
}
