//! What is new -> messages: text for a mail, JSON with a signature for a webhook, an entry of an Atom feed. Pure:
//! nothing is sent here.

pub mod atom;
mod message;
pub mod retry;
mod signature;
#[cfg(test)]
mod tests;

pub use message::{Message, SCHEMA_VERSION, message, subject};
pub use signature::{Secrets, seconds};
