//! Public keys in the form that verifying takes: parsed and decompressed once for each distinct key.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256,
};

use crate::ed25519;
use crate::remembered::{Digest, marked};
use crate::signatures::Algorithm;

/// A public key, and the algorithm a JWK says it is for.
#[derive(Debug)]
pub struct PublicKey {
    pub(crate) material: Material,
    /// Whether `algorithm` is one that this key may be used with.
    intended: Intended,
    mark: Digest,
}

/// What a key's own `alg` (RFC 7517 §4.4) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intended {
    Unsaid,
    For(Algorithm),
    /// One that this service does not check.
    ForAnother,
}

/// Verify-ready keys, by kind.
#[derive(Debug)]
pub(crate) enum Material {
    Ed25519(ed25519::Key),
    P256(ParsedPublicKey),
    P384(ParsedPublicKey),
    /// No algorithm here takes these, but documents hold them.
    Secp256k1,
    /// The same key twice: parsed keys are for one padding.
    Rsa {
        pkcs1: ParsedPublicKey,
        pss: ParsedPublicKey,
    },
}

impl PublicKey {
    /// The key of `kind` ("Ed25519", "P-256", "P-384", "secp256k1" or "RSA") with `material` as the service holds
    /// it: 32 raw bytes, a compressed SEC1 point, a DER SubjectPublicKeyInfo. `algorithm` is a JWK's own `alg`.
    ///
    /// Nothing if the kind is unknown or the material is not such a key; the service has checked both before.
    #[must_use]
    pub fn new(kind: &str, material: &[u8], algorithm: Option<&str>) -> Option<Self> {
        let intended = match algorithm.map(Algorithm::from_name) {
            None => Intended::Unsaid,
            Some(Some(algorithm)) => Intended::For(algorithm),
            Some(None) => Intended::ForAnother,
        };
        Some(Self { material: parsed(kind, material)?, intended, mark: mark(kind, material, algorithm) })
    }

    /// What tells this key from every other.
    #[must_use]
    pub fn mark(&self) -> &Digest {
        &self.mark
    }

    /// Whether the key is of the algorithm's kind and does not itself ask for another algorithm.
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        let of_kind = matches!(
            (&self.material, algorithm),
            (Material::Ed25519(_), Algorithm::EdDsa)
                | (Material::P256(_), Algorithm::Es256)
                | (Material::P384(_), Algorithm::Es384)
                | (Material::Rsa { .. }, Algorithm::Rs256 | Algorithm::Ps256)
        );
        of_kind && (self.intended == Intended::Unsaid || self.intended == Intended::For(algorithm))
    }
}

fn mark(kind: &str, material: &[u8], algorithm: Option<&str>) -> Digest {
    let said = [u8::from(algorithm.is_some())];
    marked([kind.as_bytes(), material, &said, algorithm.unwrap_or_default().as_bytes()])
}

fn parsed(kind: &str, material: &[u8]) -> Option<Material> {
    match kind {
        "Ed25519" => ed25519::Key::new(material).map(Material::Ed25519),
        "P-256" => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, material).ok().map(Material::P256),
        "P-384" => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, material).ok().map(Material::P384),
        "secp256k1" => Some(Material::Secp256k1),
        "RSA" => rsa(material),
        _ => None,
    }
}

fn rsa(der: &[u8]) -> Option<Material> {
    let pkcs1 = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).ok()?;
    let pss = ParsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, der).ok()?;
    Some(Material::Rsa { pkcs1, pss })
}
