use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPublicKeyCompressedBin, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256, RSA_PSS_SHA384, RsaEncoding,
};
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use proptest::prelude::*;
use sha2::{Digest, Sha512};

use super::*;

const MESSAGE: &[u8] = b"what was signed";
const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256, Algorithm::Ps256];

/// A key, an algorithm for it, and a signature over the message.
struct Signed {
    kind: &'static str,
    material: Vec<u8>,
    algorithm: Algorithm,
    signature: Vec<u8>,
}

impl Signed {
    fn key(&self) -> PublicKey {
        PublicKey::new(self.kind, &self.material, None).unwrap()
    }
}

fn ed25519() -> Signed {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let material = pair.public_key().as_ref().to_vec();
    Signed { kind: "Ed25519", material, algorithm: Algorithm::EdDsa, signature: pair.sign(MESSAGE).as_ref().to_vec() }
}

fn ecdsa(kind: &'static str, algorithm: Algorithm, signing: &'static EcdsaSigningAlgorithm) -> Signed {
    let pair = EcdsaKeyPair::generate(signing).unwrap();
    let point: EcPublicKeyCompressedBin<'_> = pair.public_key().as_be_bytes().unwrap();
    let signature = pair.sign(&SystemRandom::new(), MESSAGE).unwrap().as_ref().to_vec();
    Signed { kind, material: point.as_ref().to_vec(), algorithm, signature }
}

fn p256() -> Signed {
    ecdsa("P-256", Algorithm::Es256, &ECDSA_P256_SHA256_FIXED_SIGNING)
}

fn p384() -> Signed {
    ecdsa("P-384", Algorithm::Es384, &ECDSA_P384_SHA384_FIXED_SIGNING)
}

fn rsa_signature(pair: &RsaKeyPair, padding: &'static dyn RsaEncoding) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(padding, &SystemRandom::new(), MESSAGE, &mut signature).unwrap();
    signature
}

fn rsa_material(pair: &RsaKeyPair) -> Vec<u8> {
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    der.as_ref().to_vec()
}

fn rsa(algorithm: Algorithm, padding: &'static dyn RsaEncoding) -> Signed {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    Signed { kind: "RSA", material: rsa_material(&pair), algorithm, signature: rsa_signature(&pair, padding) }
}

fn every_kind() -> [Signed; 5] {
    [ed25519(), p256(), p384(), rsa(Algorithm::Rs256, &RSA_PKCS1_SHA256), rsa(Algorithm::Ps256, &RSA_PSS_SHA256)]
}

#[test]
fn own_signature_holds_and_any_flipped_bit_breaks_it() {
    for signed in every_kind() {
        let key = signed.key();
        assert!(verify(&key, signed.algorithm, MESSAGE, &signed.signature), "{:?}", signed.algorithm);
        assert!(!verify(&key, signed.algorithm, b"what was not signed", &signed.signature));
        for place in 0..signed.signature.len() {
            let mut changed = signed.signature.clone();
            changed[place] ^= 1;
            assert!(!verify(&key, signed.algorithm, MESSAGE, &changed), "{:?} at {place}", signed.algorithm);
        }
    }
}

#[test]
fn signature_of_another_length_never_holds() {
    for signed in every_kind() {
        let whole = signed.signature.as_slice();
        let shorter = &whole[..whole.len() - 1];
        for wrong in [&[], shorter, &[whole, &[0]].concat(), &[&[0], whole].concat(), &whole.repeat(2)] {
            assert!(!verify(&signed.key(), signed.algorithm, MESSAGE, wrong), "{:?}", signed.algorithm);
        }
    }
}

#[test]
fn key_of_another_kind_never_holds() {
    for signed in every_kind() {
        for other in ALGORITHMS.into_iter().filter(|other| *other != signed.algorithm) {
            assert!(!verify(&signed.key(), other, MESSAGE, &signed.signature), "{:?} as {other:?}", signed.algorithm);
        }
    }
}

#[test]
fn algorithm_that_a_key_asks_for_is_obeyed() {
    let fits = |signed: &Signed, asked, algorithm| {
        PublicKey::new(signed.kind, &signed.material, Some(asked)).unwrap().fits(algorithm)
    };
    let rsa = rsa(Algorithm::Ps256, &RSA_PSS_SHA256);
    assert!(fits(&rsa, "PS256", Algorithm::Ps256));
    assert!(!fits(&rsa, "PS256", Algorithm::Rs256));
    assert!(!fits(&rsa, "RSA-OAEP", Algorithm::Rs256));
    assert!(fits(&ed25519(), "Ed25519", Algorithm::EdDsa));
    assert!(fits(&ed25519(), "EdDSA", Algorithm::EdDsa));
    assert!(!fits(&p256(), "ES384", Algorithm::Es256));
}

#[test]
fn material_that_is_no_such_key_makes_none() {
    let p256 = p256();
    for (kind, material) in [
        ("Ed25519", &[0xff; 32][..]),
        ("Ed25519", &[2; 31]),
        ("P-256", &p256.material[1..]),
        ("P-384", &p256.material),
        ("RSA", &p256.material),
        ("Ed448", &[2; 57]),
    ] {
        assert!(PublicKey::new(kind, material, None).is_none(), "{kind}");
    }
    let koblitz = PublicKey::new("secp256k1", &[2; 33], None).unwrap();
    assert!(ALGORITHMS.into_iter().all(|algorithm| !koblitz.fits(algorithm)));
}

proptest! {
    #[test]
    fn arbitrary_bytes_neither_hold_nor_panic(
        signature in proptest::collection::vec(any::<u8>(), 0..300),
        material in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        for signed in [ed25519(), p256(), p384()] {
            prop_assert!(!verify(&signed.key(), signed.algorithm, MESSAGE, &signature));
            let _ = PublicKey::new(signed.kind, &material, None);
        }
        prop_assert!(PublicKey::new("RSA", &material, None).is_none());
    }
}

// ── Ed25519: signatures that no honest signer makes ─────────────────────────────────────────────────

fn secret() -> Scalar {
    Scalar::from(0x1234_5678_90AB_CDEF_u64)
}

fn challenge(commitment: &[u8; 32], key: &[u8; 32]) -> Scalar {
    Scalar::from_hash(Sha512::new().chain_update(commitment).chain_update(key).chain_update(MESSAGE))
}

fn joined(commitment: &[u8; 32], response: &[u8; 32]) -> Vec<u8> {
    [&commitment[..], &response[..]].concat()
}

/// A signature with a chosen nonce and key; `shift` is added to the commitment after it was made.
fn signed_with(secret: Scalar, key: &[u8; 32], nonce: u64, shift: EdwardsPoint) -> Vec<u8> {
    let nonce = Scalar::from(nonce);
    let commitment = (EdwardsPoint::mul_base(&nonce) + shift).compress().0;
    joined(&commitment, &(nonce + challenge(&commitment, key) * secret).to_bytes())
}

fn public() -> [u8; 32] {
    EdwardsPoint::mul_base(&secret()).compress().0
}

fn holds(signature: &[u8], key: &[u8; 32]) -> bool {
    verify(&PublicKey::new("Ed25519", key, None).unwrap(), Algorithm::EdDsa, MESSAGE, signature)
}

/// The sum of two numbers of 256 bits, if it has no more.
fn sum(one: [u8; 32], other: [u8; 32]) -> Option<[u8; 32]> {
    let mut carry = 0;
    let added = std::array::from_fn(|place| {
        let digit = u16::from(one[place]) + u16::from(other[place]) + carry;
        carry = digit >> 8;
        digit.to_le_bytes()[0]
    });
    (carry == 0).then_some(added)
}

#[test]
fn crafted_signature_holds_when_it_is_right() {
    assert!(holds(&signed_with(secret(), &public(), 99, EdwardsPoint::identity()), &public()));
}

#[test]
fn scalar_past_the_group_order_does_not_hold() {
    let signature = signed_with(secret(), &public(), 99, EdwardsPoint::identity());
    let (commitment, response) = signature.split_at(32);
    // The order is one more than the largest scalar.
    let order = sum((-Scalar::ONE).to_bytes(), Scalar::ONE.to_bytes()).unwrap();
    let mut past: [u8; 32] = response.try_into().unwrap();
    let mut tried = 0;
    while let Some(next) = sum(past, order) {
        assert!(!holds(&joined(commitment.try_into().unwrap(), &next), &public()));
        (past, tried) = (next, tried + 1);
    }
    assert!(tried >= 14);
}

#[test]
fn commitment_of_small_order_does_not_hold() {
    for point in EIGHT_TORSION {
        let commitment = point.compress().0;
        let response = challenge(&commitment, &public()) * secret();
        assert!(!holds(&joined(&commitment, &response.to_bytes()), &public()));
    }
}

/// Points of small order in words that RFC 8032 §5.1.3 does not allow, with the canonical ones.
fn non_canonical() -> impl Iterator<Item = ([u8; 32], [u8; 32])> {
    const PAST_THE_PRIME: [u8; 32] = number(0xee, 0xff, 0x7f); // p + 1
    const ONE: [u8; 32] = number(1, 0, 0);
    const PRIME: [u8; 32] = number(0xed, 0xff, 0x7f);
    const LAST: [u8; 32] = number(0xec, 0xff, 0x7f); // p − 1
    [
        (PAST_THE_PRIME, ONE),
        (with_sign(PAST_THE_PRIME), ONE),
        (with_sign(ONE), ONE),
        (with_sign(LAST), LAST),
        (PRIME, [0; 32]),
        (with_sign(PRIME), with_sign([0; 32])),
    ]
    .into_iter()
}

const fn number(first: u8, others: u8, last: u8) -> [u8; 32] {
    let mut number = [others; 32];
    (number[0], number[31]) = (first, last);
    number
}

const fn with_sign(mut encoded: [u8; 32]) -> [u8; 32] {
    encoded[31] |= 0x80;
    encoded
}

#[test]
fn commitment_in_non_canonical_form_does_not_hold() {
    for (commitment, canonical) in non_canonical() {
        for hashed in [commitment, canonical] {
            let response = challenge(&hashed, &public()) * secret();
            assert!(!holds(&joined(&commitment, &response.to_bytes()), &public()));
        }
    }
}

#[test]
fn commitment_with_a_part_of_small_order_does_not_hold() {
    // The equation is the one without the cofactor; with it, these would hold.
    for nonce in 5..13 {
        for shift in EIGHT_TORSION.into_iter().skip(1) {
            assert!(!holds(&signed_with(secret(), &public(), nonce, shift), &public()));
        }
    }
}

/// A key with a part of small order, the one numbered `part`.
fn mixed(part: usize) -> [u8; 32] {
    (EdwardsPoint::mul_base(&secret()) + EIGHT_TORSION[part]).compress().0
}

/// What is left of the small parts in the equation: 0 when they cancel.
fn left(signature: &[u8], key: &[u8; 32], part: usize, other: usize) -> usize {
    let factor = usize::from(challenge(signature.first_chunk().unwrap(), key).to_bytes()[0]);
    (other + part * factor) % 8
}

#[test]
fn key_with_a_part_of_small_order_holds_only_where_the_parts_cancel() {
    for part in [1, 2, 4] {
        let key = mixed(part);
        let mut seen = [0, 0];
        for (nonce, other) in (5..30).flat_map(|nonce| (0..8).map(move |other| (nonce, other))) {
            let signature = signed_with(secret(), &key, nonce, EIGHT_TORSION[other]);
            let cancels = left(&signature, &key, part, other) == 0;
            assert_eq!(holds(&signature, &key), cancels);
            seen[usize::from(cancels)] += 1;
        }
        assert!(seen[0] > 0 && seen[1] > 0);
    }
}

#[test]
fn key_with_a_part_of_small_order_does_not_hold_under_a_commitment_of_small_order() {
    let mut even = 0;
    for (part, other) in [1, 2, 4].into_iter().flat_map(|part| (0..8).map(move |other| (part, other))) {
        let key = mixed(part);
        let signature = signed_with(secret(), &key, 0, EIGHT_TORSION[other]);
        even += usize::from(left(&signature, &key, part, other) == 0);
        assert!(!holds(&signature, &key));
    }
    assert!(even > 0, "the equation comes out even for some of them");
}

#[test]
fn key_of_small_order_or_in_non_canonical_form_is_no_key() {
    for point in EIGHT_TORSION {
        assert!(PublicKey::new("Ed25519", &point.compress().0, None).is_none());
    }
    assert!(non_canonical().all(|(encoded, _)| PublicKey::new("Ed25519", &encoded, None).is_none()));
    for last in 0..=18 {
        // p + last: another way to write the points whose y is that.
        for top in [0x7f, 0xff] {
            let mut encoded = [0xff; 32];
            (encoded[0], encoded[31]) = (0xed + last, top);
            assert!(PublicKey::new("Ed25519", &encoded, None).is_none());
        }
    }
}

// ── ECDSA and RSA ───────────────────────────────────────────────────────────────────────────────────

#[test]
fn ecdsa_numbers_out_of_range_do_not_hold() {
    for signed in [p256(), p384()] {
        let size = signed.signature.len() / 2;
        let (r, s) = signed.signature.split_at(size);
        let (zero, most) = (vec![0; size], vec![0xff; size]);
        for (r, s) in [(&zero[..], &zero[..]), (&zero, s), (r, &zero), (&most, &most), (r, &most), (&most, s)] {
            assert!(!verify(&signed.key(), signed.algorithm, MESSAGE, &[r, s].concat()));
        }
    }
}

#[test]
fn either_of_s_and_its_negative_holds() {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut signed = p256();
    let mut borrow = 0;
    for place in (0..32).rev() {
        let digit = i16::from(ORDER[place]) - i16::from(signed.signature[32 + place]) - borrow;
        borrow = i16::from(digit < 0);
        signed.signature[32 + place] = digit.to_le_bytes()[0];
    }
    assert!(verify(&signed.key(), Algorithm::Es256, MESSAGE, &signed.signature));
}

#[test]
fn rsa_needs_sha256() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let key = PublicKey::new("RSA", &rsa_material(&pair), None).unwrap();
    assert!(verify(&key, Algorithm::Rs256, MESSAGE, &rsa_signature(&pair, &RSA_PKCS1_SHA256)));
    assert!(!verify(&key, Algorithm::Rs256, MESSAGE, &rsa_signature(&pair, &RSA_PKCS1_SHA384)));
    assert!(verify(&key, Algorithm::Ps256, MESSAGE, &rsa_signature(&pair, &RSA_PSS_SHA256)));
    assert!(!verify(&key, Algorithm::Ps256, MESSAGE, &rsa_signature(&pair, &RSA_PSS_SHA384)));
}
