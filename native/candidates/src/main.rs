//! Prints the time of one check, in microseconds on one core, for each library that could do it: the fastest of many
//! short rounds, so that other work on the machine tells little. Run it from this folder with `cargo run --release`;
//! keys and signatures are made anew.

use std::hint::black_box;
use std::time::Instant;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{self as aws, KeyPair};
use ed25519_dalek::Verifier as _;
use ler_trust_native::keys::PublicKey;
use ler_trust_native::signatures::{Algorithm, verify};
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::sha2::{Digest as _, Sha256};

/// As long as what a Data Integrity proof signs.
const MESSAGE: [u8; 64] = [7; 64];
const ROUNDS: u32 = 100;
const MICROSECONDS: f64 = 1e6;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn time(name: &str, times: u32, check: impl Fn() -> bool) {
    let round = || {
        let start = Instant::now();
        let all = (0..times).all(|_| check());
        assert!(all, "{name} does not hold");
        start.elapsed().as_secs_f64() / f64::from(times)
    };
    let best = (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min);
    println!("{name:32} {:8.1}", best * MICROSECONDS);
}

fn ours(name: &str, times: u32, key: (&str, &[u8]), algorithm: Algorithm, signature: &[u8]) {
    let key = PublicKey::new(key.0, key.1, None);
    time(name, times, || key.as_ref().is_some_and(|key| verify(key, algorithm, black_box(&MESSAGE), signature)));
}

fn with_aws(name: &str, times: u32, algorithm: &'static dyn aws::VerificationAlgorithm, key: &[u8], signature: &[u8]) {
    let unparsed = aws::UnparsedPublicKey::new(algorithm, key);
    time(name, times, || unparsed.verify(black_box(&MESSAGE), signature).is_ok());
}

fn with_ring(
    name: &str,
    times: u32,
    algorithm: &'static dyn ring::signature::VerificationAlgorithm,
    key: &[u8],
    signature: &[u8],
) {
    let key = ring::signature::UnparsedPublicKey::new(algorithm, key);
    time(name, times, || key.verify(black_box(&MESSAGE), signature).is_ok());
}

fn ed25519() -> Outcome<()> {
    let pair = aws::Ed25519KeyPair::from_seed_unchecked(&[3; 32])?;
    let (key, signature) = (pair.public_key().as_ref(), pair.sign(&MESSAGE));
    ours("Ed25519, this crate", 100, ("Ed25519", key), Algorithm::EdDsa, signature.as_ref());
    let dalek = ed25519_dalek::VerifyingKey::from_bytes(key.try_into()?)?;
    let parsed = ed25519_dalek::Signature::from_slice(signature.as_ref())?;
    time("Ed25519, dalek verify_strict", 100, || dalek.verify_strict(black_box(&MESSAGE), &parsed).is_ok());
    time("Ed25519, dalek verify", 100, || dalek.verify(black_box(&MESSAGE), &parsed).is_ok());
    with_aws("Ed25519, aws-lc-rs", 100, &aws::ED25519, key, signature.as_ref());
    with_ring("Ed25519, ring", 100, &ring::signature::ED25519, key, signature.as_ref());
    Ok(())
}

fn p256() -> Outcome<()> {
    let pair = aws::EcdsaKeyPair::generate(&aws::ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let (key, signature) = (pair.public_key().as_ref(), pair.sign(&SystemRandom::new(), &MESSAGE)?);
    ours("P-256, this crate", 40, ("P-256", key), Algorithm::Es256, signature.as_ref());
    with_aws("P-256, aws-lc-rs", 40, &aws::ECDSA_P256_SHA256_FIXED, key, signature.as_ref());
    with_ring("P-256, ring", 40, &ring::signature::ECDSA_P256_SHA256_FIXED, key, signature.as_ref());
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key)?;
    let signature = p256::ecdsa::Signature::from_slice(signature.as_ref())?;
    time("P-256, p256", 10, || p256::ecdsa::signature::Verifier::verify(&key, black_box(&MESSAGE), &signature).is_ok());
    Ok(())
}

fn p384() -> Outcome<()> {
    let pair = aws::EcdsaKeyPair::generate(&aws::ECDSA_P384_SHA384_FIXED_SIGNING)?;
    let (key, signature) = (pair.public_key().as_ref(), pair.sign(&SystemRandom::new(), &MESSAGE)?);
    ours("P-384, this crate", 10, ("P-384", key), Algorithm::Es384, signature.as_ref());
    with_aws("P-384, aws-lc-rs", 10, &aws::ECDSA_P384_SHA384_FIXED, key, signature.as_ref());
    with_ring("P-384, ring", 10, &ring::signature::ECDSA_P384_SHA384_FIXED, key, signature.as_ref());
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key)?;
    let signature = p384::ecdsa::Signature::from_slice(signature.as_ref())?;
    time("P-384, p384", 10, || p384::ecdsa::signature::Verifier::verify(&key, black_box(&MESSAGE), &signature).is_ok());
    Ok(())
}

fn rsa_2048() -> Outcome<()> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let key = pair.public_key().as_ref();
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    let mut pkcs1 = vec![0; pair.public_modulus_len()];
    let mut pss = pkcs1.clone();
    pair.sign(&aws::RSA_PKCS1_SHA256, &SystemRandom::new(), &MESSAGE, &mut pkcs1)?;
    pair.sign(&aws::RSA_PSS_SHA256, &SystemRandom::new(), &MESSAGE, &mut pss)?;
    ours("RSA-2048 PKCS #1, this crate", 100, ("RSA", der.as_ref()), Algorithm::Rs256, &pkcs1);
    with_aws("RSA-2048 PKCS #1, aws-lc-rs", 100, &aws::RSA_PKCS1_2048_8192_SHA256, key, &pkcs1);
    with_ring("RSA-2048 PKCS #1, ring", 100, &ring::signature::RSA_PKCS1_2048_8192_SHA256, key, &pkcs1);
    ours("RSA-2048 PSS, this crate", 100, ("RSA", der.as_ref()), Algorithm::Ps256, &pss);
    with_aws("RSA-2048 PSS, aws-lc-rs", 100, &aws::RSA_PSS_2048_8192_SHA256, key, &pss);
    with_ring("RSA-2048 PSS, ring", 100, &ring::signature::RSA_PSS_2048_8192_SHA256, key, &pss);
    let key = rsa::RsaPublicKey::from_pkcs1_der(key)?;
    time("RSA-2048 PKCS #1, rsa", 10, || {
        let digest = Sha256::digest(black_box(MESSAGE));
        key.verify(rsa::Pkcs1v15Sign::new::<Sha256>(), &digest, &pkcs1).is_ok()
    });
    Ok(())
}

fn main() -> Outcome<()> {
    ed25519()?;
    p256()?;
    p384()?;
    rsa_2048()
}
