//! Fixity: what makes a change of the archive visible that nobody of us made, and how it is looked for.
//!
//! Three nets, each for what the others let through. *Roots* (`roots`) cover what was captured, and are the same in
//! every archive that holds the run. *Sums* (`seal`) cover every cell of every table, that of the full-text index
//! included. SQLite's own check covers how the file hangs together, and every index against its table.

mod captures;
mod content;
mod damage;
mod file;
mod roots;
mod seal;
mod verify;

pub(super) use damage::is_damage;
pub(super) use roots::{Facts, OURS};
pub(super) use seal::{Marks, Seals, renew};
pub use verify::{Step, verify};
