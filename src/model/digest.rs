//! Digests that cannot be mixed up: each names what was hashed.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

macro_rules! digest {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// SHA-256 of `bytes`.
            pub fn of(bytes: &[u8]) -> Self {
                Self(Sha256::digest(bytes).into())
            }

            /// Reads a digest back from storage; `None` unless it is 32 bytes.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Some(Self(bytes.try_into().ok()?))
            }

            /// 64 lower-case hexadecimal digits.
            pub fn hex(&self) -> String {
                HEXLOWER.encode(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), &self.hex()[..12])
            }
        }
    };
}

digest! {
    /// SHA-256 of a decoded body: what identifies a payload.
    PayloadDigest
}
digest! {
    /// SHA-256 of the content-encoded bytes as they came (what WARC 1.1 calls the payload digest).
    EncodedDigest
}
digest! {
    /// SHA-256 of the page without what changes by itself (nonces, tokens, counters, asset hashes).
    DocumentDigest
}
digest! {
    /// SHA-256 of the main text, NFC, white space folded.
    TextDigest
}
