//! The two hash algorithms that cryptosuites use with RDFC-1.0.

use sha2::{Digest as _, Sha256, Sha384};

/// Which hash algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256, the default (RDFC-1.0 §4.4).
    Sha256,
    /// SHA-384, that goes with P-384 keys (DI ECDSA 1.0 §3.2).
    Sha384,
}

/// A digest; digests of one algorithm compare like their hexadecimal text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 48], u8);

impl Digest {
    /// Adds the digest in lower-case hexadecimal to `out`.
    pub fn push_hex(&self, out: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for byte in self.0.iter().take(usize::from(self.1)) {
            out.push(DIGITS[usize::from(byte >> 4)]);
            out.push(DIGITS[usize::from(byte & 15)]);
        }
    }
}

/// A digest in the making.
pub enum Hasher {
    Sha256(Sha256),
    Sha384(Sha384),
}

impl Hasher {
    /// A hasher that has seen nothing.
    pub fn new(hash: Hash) -> Self {
        match hash {
            Hash::Sha256 => Self::Sha256(Sha256::new()),
            Hash::Sha384 => Self::Sha384(Sha384::new()),
        }
    }

    /// Takes in `data`.
    pub fn update(&mut self, data: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(data),
            Self::Sha384(hasher) => hasher.update(data),
        }
    }

    /// The digest of all that was taken in.
    pub fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => padded(&hasher.finalize()),
            Self::Sha384(hasher) => padded(&hasher.finalize()),
        }
    }
}

/// The digest of `data`.
pub fn digest(hash: Hash, data: &[u8]) -> Digest {
    let mut hasher = Hasher::new(hash);
    hasher.update(data);
    hasher.finish()
}

fn padded(bytes: &[u8]) -> Digest {
    let mut digest = [0; 48];
    for (to, from) in digest.iter_mut().zip(bytes) {
        *to = *from;
    }
    Digest(digest, if bytes.len() == 48 { 48 } else { 32 })
}
