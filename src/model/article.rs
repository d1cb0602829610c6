//! What a user hands in, once it is known as an article.

use super::{time::Timestamp, url::Url, words::words};

words! {
    /// How an article is reached again.
    pub enum ArticleKind {
        /// Fetched from the web.
        Web = "web",
        /// Read from a local file.
        File = "file",
        /// Came once on standard input; cannot be read again.
        Stdin = "stdin",
    }
}

/// A document whose citations are kept, as a source gave it.
#[derive(Debug, Clone)]
pub struct Seed {
    /// How it is reached again.
    pub kind: ArticleKind,
    /// The URL, the path as the user wrote it, or `-`.
    pub locator: String,
    /// The address of a web article.
    pub url: Option<Url>,
    /// When the article was written or cited its sources, where the user says so.
    pub cited_at: Option<Timestamp>,
    /// What was read, for a local article.
    pub document: Option<Document>,
}

/// The bytes of a local article.
#[derive(Debug, Clone)]
pub struct Document {
    /// As read.
    pub bytes: Vec<u8>,
    /// `text/markdown`, `text/html` or `text/plain`.
    pub media_type: &'static str,
    /// The address that its relative links stand for, where given.
    pub base: Option<Url>,
}

/// An article as the archive knows it.
#[derive(Debug, Clone)]
pub struct Article {
    /// Local to one archive file.
    pub id: i64,
    /// Stable name across archives (UUID).
    pub uid: String,
    /// How it is reached again.
    pub kind: ArticleKind,
    /// URL, or path of the file relative to the project (absolute outside it), or `stdin:<digest>`.
    pub locator: String,
    /// Address given as base for relative links.
    pub base: Option<String>,
    /// The day its citations are held against.
    pub cited_at: Option<Timestamp>,
    /// Title of the newest version held.
    pub title: String,
    /// When it was first taken in.
    pub added_at: Timestamp,
    /// Web links present in its newest version.
    pub citations: u64,
}
