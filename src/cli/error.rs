//! Errors by kind, with the exit code that belongs to each, and what to do next.

use super::context::on_one_line;
use crate::archive::ArchiveError;

/// Why a command could not do its job.
#[derive(Debug)]
pub enum CliError {
    /// The user's input or configuration is at fault: exit code 3.
    Usage { what: String, hint: String },
    /// We could not do our job: exit code 1.
    Failed { what: String, hint: String },
}

impl CliError {
    pub fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage {
            what: what.into(),
            hint: hint.into(),
        }
    }

    pub fn failed(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Failed {
            what: what.into(),
            hint: hint.into(),
        }
    }

    /// Writing to standard output or a file failed.
    pub fn output(error: std::io::Error) -> Self {
        Self::failed(
            format!("the output could not be written: {error}"),
            "check the disk and the permissions",
        )
    }

    pub fn code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 3,
            Self::Failed { .. } => 1,
        }
    }

    /// One line of what and why, one of what to do.
    pub fn print(&self) {
        let (Self::Usage { what, hint } | Self::Failed { what, hint }) = self;
        anstream::eprintln!("evercite: {}", on_one_line(what));
        if !hint.is_empty() {
            anstream::eprintln!("  hint: {}", on_one_line(hint));
        }
    }
}

/// What and why, without the hint.
impl std::fmt::Display for CliError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Usage { what, .. } | Self::Failed { what, .. }) = self;
        f.write_str(what)
    }
}

impl From<ArchiveError> for CliError {
    fn from(error: ArchiveError) -> Self {
        let (what, hint) = (error.to_string(), error.hint());
        match error {
            ArchiveError::Missing(_)
            | ArchiveError::Foreign { .. }
            | ArchiveError::Newer { .. }
            | ArchiveError::Taken(_)
            | ArchiveError::Sql(_) => Self::usage(what, hint),
            _ => Self::failed(what, hint),
        }
    }
}
