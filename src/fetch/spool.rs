//! Bodies too long to be held in memory, in a temporary file while they arrive.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
};

use sha2::{Digest, Sha256};

use crate::model::{
    capture::{Answer, Spooled},
    digest::EncodedDigest,
};

/// Bytes of a body that are held in memory at most, where it may be read as a page: as many as are read by default.
pub const HELD_TO_READ: usize = 16 << 20;
/// The same of what is never read: pictures, films, archives.
const HELD: usize = 8 << 20;

/// How many bytes of a body of this media type are held in memory.
pub(super) fn held(media_type: Option<&str>) -> usize {
    let is_never_read = |media_type: &str| {
        let (top, _) = media_type.split_once('/').unwrap_or_default();
        matches!(top, "image" | "audio" | "video" | "font")
            || matches!(
                media_type,
                "application/zip" | "application/gzip" | "application/octet-stream"
            )
    };
    match media_type.is_some_and(is_never_read) {
        true => HELD,
        false => HELD_TO_READ,
    }
}

/// A body as it was received, in memory; of a long one no more than `most` bytes.
pub fn beginning(answer: &Answer, most: usize) -> io::Result<Vec<u8>> {
    let Some(spooled) = &answer.spooled else {
        return Ok(answer.encoded.clone());
    };
    let (mut file, mut bytes) = (&spooled.file, Vec::new());
    file.rewind()?;
    file.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A body on its way. The file has no name, and goes with its last handle.
pub struct Spool {
    file: File,
    sha256: Sha256,
    length: u64,
}

impl Spool {
    /// Begins with what has come. Errors when the temporary folder cannot be written.
    pub fn begin(bytes: &[u8]) -> io::Result<Self> {
        let mut spool = Self {
            file: tempfile::tempfile()?,
            sha256: Sha256::new(),
            length: 0,
        };
        spool.write(bytes)?;
        Ok(spool)
    }

    /// Adds what comes next.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.sha256.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Bytes so far.
    pub fn length(&self) -> usize {
        self.length as usize
    }

    /// All of it.
    pub fn end(self) -> Spooled {
        Spooled {
            file: self.file,
            length: self.length,
            sha256: EncodedDigest(self.sha256.finalize().into()),
        }
    }
}
