//! Every command that help texts and README.md show can be typed as it stands there.

use clap::{CommandFactory, Parser};

use super::args::Cli;

/// The lines that begin with `evercite`, or pipe something into it, as they stand in a text.
fn examples(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let command = match line.trim_start().split_once("| evercite ") {
            Some((_, piped)) => format!("evercite {piped}"),
            None => line.to_owned(),
        };
        // A crontab line has its command after `&&`.
        let command = command.rsplit("&& ").next().unwrap_or_default();
        let indented = line.starts_with("    ") || line.starts_with("  ");
        if indented && command.trim_start().starts_with("evercite ") {
            found.push(command.trim().to_owned());
        }
    }
    found
}

/// The words of a command up to a comment, a pipe or a redirection, as a shell parts them.
fn words(command: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut quote, mut spaces) = (None::<String>, None::<char>, 0);
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | '<' | '#') if word.is_none() => break,
            (None, ' ') => {
                words.extend(word.take());
                spaces += 1;
                // Help texts part a command from what it is for by space.
                if spaces > 1 {
                    break;
                }
                continue;
            }
            (None, c) => word.get_or_insert_default().push(c),
        }
        spaces = 0;
    }
    words.extend(word);
    words
}

fn is_typed_as_it_stands(command: &str) -> Result<(), String> {
    let words = words(command);
    match Cli::try_parse_from(&words) {
        Ok(_) => Ok(()),
        Err(e) if !e.use_stderr() => Ok(()),
        Err(e) => Err(format!("{command}\n{words:?}\n{e}")),
    }
}

#[test]
fn of_every_help_text() {
    let mut cli = Cli::command();
    cli.build();
    let mut count = 0;
    let mut wrong = Vec::new();
    for command in std::iter::once(&cli).chain(cli.get_subcommands()) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for example in examples(&help) {
            count += 1;
            wrong.extend(is_typed_as_it_stands(&example).err());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 80, "{count} examples");
}

#[test]
fn of_the_readme() {
    let readme = include_str!("../../README.md");
    let found = examples(readme);
    let wrong: Vec<String> = found
        .iter()
        .filter_map(|example| is_typed_as_it_stands(example).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found.len() > 30, "{} examples", found.len());
}

#[test]
fn a_command_that_cannot_be_typed_is_seen() {
    for command in ["evercite reprot", "evercite show", "evercite report --formta json"] {
        assert!(is_typed_as_it_stands(command).is_err(), "{command}");
    }
}
