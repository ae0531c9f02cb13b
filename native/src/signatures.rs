//! Signatures over bytes: one closed table of algorithms, each for one kind of key.
//!
//! What is accepted, exactly (every engine keeps to it):
//!
//! - **Ed25519** (RFC 8032 §5.1.7): as [`crate::ed25519`] says; strict, and without the cofactor.
//! - **ECDSA** (FIPS 186-5 §6.4): `r‖s` of exactly twice the field's size (IEEE P1363, never DER), both from 1 to
//!   the order less one. `s` and its negative both hold.
//! - **RSA** (RFC 8017): PKCS #1 v1.5, or PSS with MGF1 and a salt of 32 bytes, both with SHA-256; the signature
//!   exactly as long as the modulus.
//!
//! There is no batch equation: whether a signature holds cannot depend on its neighbours.

use crate::keys::{Material, PublicKey};

/// The algorithms this service checks, by their JOSE names (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    EdDsa,
    Es256,
    Es384,
    Rs256,
    Ps256,
}

impl Algorithm {
    /// The algorithm with a JOSE name; "Ed25519" is another one of "EdDSA" (RFC 9864 §2.2).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            "ES256" => Some(Self::Es256),
            "ES384" => Some(Self::Es384),
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            _ => None,
        }
    }
}

/// Whether `signature` over `data` holds under `key`; a key that does not fit never does.
#[must_use]
pub fn verify(key: &PublicKey, algorithm: Algorithm, data: &[u8], signature: &[u8]) -> bool {
    if !key.fits(algorithm) {
        return false;
    }
    match (&key.material, algorithm) {
        (Material::Ed25519(key), _) => key.verify(data, signature),
        (Material::P256(key) | Material::P384(key), _) => key.verify_sig(data, signature).is_ok(),
        (Material::Rsa { pss, .. }, Algorithm::Ps256) => pss.verify_sig(data, signature).is_ok(),
        (Material::Rsa { pkcs1, .. }, _) => pkcs1.verify_sig(data, signature).is_ok(),
        (Material::Secp256k1, _) => false,
    }
}

#[cfg(test)]
mod tests;
