//! Ed25519 (RFC 8032 §5.1.7) with one acceptance rule, the one recommended by *Taming the Many EdDSAs* for verifiers
//! that must agree: 64 bytes `R‖S`; `S` below the group order; `R` the canonical encoding of a point that is not of
//! small order; the key canonical and not of small order; and `R` equal, byte for byte, to the encoding of
//! `[S]B − [k]A` (the equation without the cofactor).

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

/// A point that is no small-order one, decompressed and negated.
#[derive(Debug)]
pub struct Key {
    encoded: [u8; 32],
    negated: EdwardsPoint,
}

impl Key {
    /// The key with this encoding; nothing if it is not canonical, not a point, or of small order.
    #[must_use]
    pub fn new(encoded: &[u8]) -> Option<Self> {
        let encoded: [u8; 32] = encoded.try_into().ok()?;
        let point = CompressedEdwardsY(encoded).decompress()?;
        let canonical = point.compress().0 == encoded;
        (canonical && !point.is_small_order()).then(|| Self { encoded, negated: -point })
    }

    /// Whether `signature` over `data` holds.
    #[must_use]
    pub fn verify(&self, data: &[u8], signature: &[u8]) -> bool {
        let Some((commitment, response)) = parts(signature) else { return false };
        let challenge = Sha512::new().chain_update(commitment).chain_update(self.encoded).chain_update(data);
        let challenge = Scalar::from_hash(challenge);
        let expected = EdwardsPoint::vartime_double_scalar_mul_basepoint(&challenge, &self.negated, &response);
        // The encoding is canonical, so this is also the check that the commitment's is.
        expected.compress().0 == commitment && !expected.is_small_order()
    }
}

/// The commitment's encoding and the response, if that is below the group order.
fn parts(signature: &[u8]) -> Option<([u8; 32], Scalar)> {
    let signature: &[u8; 64] = signature.try_into().ok()?;
    let (commitment, response) = signature.split_first_chunk::<32>()?;
    let response = Scalar::from_canonical_bytes(response.try_into().ok()?).into_option()?;
    Some((*commitment, response))
}
