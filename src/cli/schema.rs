//! `schema`: what SQL may ask of the archive.

use serde_json::json;

use super::{
    CLEAN,
    args::{ReportFormat, SchemaArgs},
    context,
    error::CliError,
};
use crate::{
    archive::{FUNCTIONS, VIEWS},
    report,
};

pub fn run(args: &SchemaArgs) -> Result<u8, CliError> {
    match args.format {
        ReportFormat::Json => context::print(&report::json(&json!({ "views": VIEWS, "functions": FUNCTIONS })))?,
        ReportFormat::Text => context::print(&text())?,
    }
    Ok(CLEAN)
}

fn text() -> String {
    let mut out = String::from("Views, for any SQLite tool. Times are ISO 8601 in UTC.\n");
    for view in VIEWS {
        out += &format!("\n{}: a row for each {}\n", view.name, view.row);
        let widest = view.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
        for column in view.columns {
            out += &format!("  {:widest$}  {:7}  {}\n", column.name, column.kind, column.meaning);
        }
    }
    out += "\nFunctions, in `evercite query` only. All give NULL for NULL. A time is written as for `show --at`.\n\n";
    let widest = FUNCTIONS.iter().map(|function| function.call.len()).max().unwrap_or(0);
    for function in FUNCTIONS {
        out += &format!(
            "  {:widest$}  {:7}  {}\n",
            function.call, function.kind, function.meaning
        );
    }
    out
}
