//! What makes a later change of the archive visible: a leaf for each capture, a root for each run.
//!
//! A leaf is the SHA-256 of a capture's facts under their names: no row ids, no encodings, nothing derived, so that
//! it is the same in every archive that holds the capture, however its bytes are stored. The leaves of a run make a
//! Merkle tree (RFC 9162, section 2.1.1); the root of a run covers that tree, the facts of the run, and the root
//! before it in the chain of its origin. Whoever keeps the newest root can prove that nothing before it was changed.

use sha2::{Digest as _, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// The root before the first.
pub const NO_ROOT: Hash = [0; 32];

/// What RFC 9162 puts before a leaf and before two nodes, so that neither passes for the other.
const LEAF: u8 = 0x00;
const NODE: u8 = 0x01;

/// A value as the archive keeps it. Text that is no longer UTF-8 is a value, too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fact<'a> {
    /// Not known: left out of what is hashed, so that facts named later change no old leaf.
    Absent,
    /// An integer.
    Number(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for Fact<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.as_bytes())
    }
}

impl<'a> From<Option<&'a str>> for Fact<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::from)
    }
}

impl From<i64> for Fact<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Option<i64>> for Fact<'_> {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Absent, Self::Number)
    }
}

impl<'a> From<&'a [u8]> for Fact<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<Option<&'a [u8]>> for Fact<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Self {
        bytes.map_or(Self::Absent, Self::Bytes)
    }
}

/// The facts of a capture, in the order in which they are hashed. Names are never changed; new ones go to the end.
/// `via` and `refers-to` are uids of captures, `payload` and `encoded` are SHA-256, `head` is the SHA-256 of the
/// head of the request and that of the answer, one after the other.
pub const CAPTURE: [&str; 33] = [
    "uid",
    "run",
    "url",
    "purpose",
    "via",
    "attempt",
    "at",
    "elapsed-ms",
    "lookup-ms",
    "connect-ms",
    "first-byte-ms",
    "transport",
    "access",
    "status",
    "media-type",
    "charset",
    "location",
    "payload",
    "payload-length",
    "encoded",
    "encoded-length",
    "revisit",
    "refers-to",
    "truncated",
    "remote",
    "protocol",
    "certificate-ends",
    "etag",
    "last-modified",
    "detail",
    "head",
    "head-request-length",
    "head-reconstructed",
];

/// The facts of a run. `tree` is the Merkle tree of its captures' leaves in the order in which they came, `before`
/// the root before it in the chain of its origin.
pub const RUN: [&str; 12] = [
    "origin",
    "position",
    "before",
    "run",
    "kind",
    "state",
    "started-at",
    "finished-at",
    "outage",
    "settings",
    "captures",
    "tree",
];

/// The leaf of a capture.
pub fn leaf(facts: &[Fact<'_>; CAPTURE.len()]) -> Hash {
    hash(&CAPTURE, facts)
}

/// The root of a run.
pub fn root(facts: &[Fact<'_>; RUN.len()]) -> Hash {
    hash(&RUN, facts)
}

/// Each fact that is known: its name, its type, its value, with their lengths (4 bytes, big-endian) before them.
fn hash(names: &[&str], facts: &[Fact<'_>]) -> Hash {
    let mut bytes = Vec::with_capacity(1024);
    bytes.push(LEAF);
    for (name, fact) in names.iter().zip(facts) {
        let number;
        let (kind, value): (u8, &[u8]) = match fact {
            Fact::Absent => continue,
            Fact::Number(n) => {
                number = n.to_be_bytes();
                (b'i', &number)
            }
            Fact::Real(n) => {
                number = n.to_bits().to_be_bytes();
                (b'r', &number)
            }
            Fact::Text(text) => (b't', text),
            Fact::Bytes(value) => (b'b', value),
        };
        for part in [name.as_bytes(), &[kind], value] {
            bytes.extend_from_slice(&(part.len() as u32).to_be_bytes());
            bytes.extend_from_slice(part);
        }
    }
    Sha256::digest(&bytes).into()
}

/// A Merkle tree over leaves as they come: only the peaks of its complete subtrees are held.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    peaks: Vec<Hash>,
    leaves: u64,
}

impl Tree {
    /// Adds the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // As many complete subtrees of growing size end here as there are ones at the end of the count.
        for _ in 0..self.leaves.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = join(&left, &node);
            }
        }
        self.peaks.push(node);
        self.leaves += 1;
    }

    /// How many leaves it has.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Its head (the Merkle Tree Hash); of an empty tree, the SHA-256 of nothing.
    pub fn head(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => Sha256::digest(b"").into(),
            Some(last) => peaks.fold(*last, |right, left| join(left, &right)),
        }
    }
}

fn join(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [NODE; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    Sha256::digest(bytes).into()
}

/// A run that is sealed, as it is shown outside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SealedRun {
    /// Name of the archive it was written in.
    pub origin: String,
    /// Its place in the chain of that archive, from 1.
    pub position: i64,
    /// Stable name of the run.
    pub run: String,
    /// When it began.
    pub started_at: super::time::Timestamp,
    /// When it ended.
    pub finished_at: Option<super::time::Timestamp>,
    /// How many captures its root covers.
    pub captures: u64,
    /// The root, in hexadecimal.
    pub root: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// RFC 9162, 2.1.1, word for word.
    fn by_the_book(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest(b"").into(),
            [one] => *one,
            more => {
                let split = more.len().next_power_of_two() / 2;
                join(&by_the_book(&more[..split]), &by_the_book(&more[split..]))
            }
        }
    }

    #[test]
    fn a_tree_is_that_of_rfc_9162() {
        let leaves: Vec<Hash> = (0..70u8).map(|n| Sha256::digest([LEAF, n]).into()).collect();
        let mut tree = Tree::default();
        for count in 0..leaves.len() {
            assert_eq!(tree.head(), by_the_book(&leaves[..count]), "{count} leaves");
            assert_eq!(tree.leaves(), count as u64);
            tree.push(leaves[count]);
        }
    }

    #[test]
    fn known_answers_of_certificate_transparency() {
        // The test vectors that implementations of RFC 6962 share: eight leaves.
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let mut tree = Tree::default();
        let head = |tree: &Tree| HEXLOWER.encode(&tree.head());
        assert_eq!(
            head(&tree),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for leaf in leaves {
            tree.push(Sha256::digest([&[LEAF], leaf].concat()).into());
            if tree.leaves() == 1 {
                assert_eq!(
                    head(&tree),
                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
                );
            }
        }
        assert_eq!(
            head(&tree),
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
        );
    }

    #[test]
    fn every_fact_its_name_and_its_type_count() {
        let hash = |facts: &[Fact<'_>]| super::hash(&["a", "b", "ab"], facts);
        let cases: &[[Fact<'_>; 3]] = &[
            [Fact::Absent, Fact::Absent, Fact::Absent],
            [Fact::from(""), Fact::Absent, Fact::Absent],
            [Fact::from("x"), Fact::Absent, Fact::Absent],
            [Fact::Absent, Fact::from("x"), Fact::Absent],
            [Fact::Bytes(b"x"), Fact::Absent, Fact::Absent],
            [Fact::from("xy"), Fact::Absent, Fact::Absent],
            [Fact::from("x"), Fact::from("y"), Fact::Absent],
            [Fact::Absent, Fact::Absent, Fact::from("x")],
            [Fact::Number(1), Fact::Absent, Fact::Absent],
            [Fact::Number(0x3ff0_0000_0000_0000), Fact::Absent, Fact::Absent],
            [Fact::Real(1.0), Fact::Absent, Fact::Absent],
            [
                Fact::Text(b"\x00\x00\x00\x00\x00\x00\x00\x01"),
                Fact::Absent,
                Fact::Absent,
            ],
        ];
        let hashes: std::collections::HashSet<Hash> = cases.iter().map(|facts| hash(facts)).collect();
        assert_eq!(hashes.len(), cases.len());
    }

    #[test]
    fn a_leaf_stays_what_it_is() {
        let mut facts = [Fact::Absent; CAPTURE.len()];
        facts[0] = Fact::Bytes(&[7; 16]);
        facts[2] = Fact::from("https://example.org/");
        facts[13] = Fact::Number(200);
        // Kept in archives: if this changes, every archive is accused.
        assert_eq!(HEXLOWER.encode(&leaf(&facts)), KNOWN_LEAF);
    }

    const KNOWN_LEAF: &str = "5b0a8eb41cdce92ef261d6d33e008ba5bb49c6620d65da34b215534b6b78b5a5";
}
