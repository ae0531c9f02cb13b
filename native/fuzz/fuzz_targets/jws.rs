//! A signature holds over the text that was signed, spelled as it was, and over no other.

#![no_main]

use std::collections::HashMap;
use std::sync::LazyLock;

use ler_trust_native::base64url;
use ler_trust_native::limits::Limits;
use ler_trust_native::signatures::{Algorithm, verify};
use ler_trust_native::token::{Parts, Token};
use ler_trust_native_fuzz::kit::KIT;
use ler_trust_native_fuzz::mutation::mutate;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// The signatures of the kit's tokens by what they are over.
static SIGNED: LazyLock<HashMap<&[u8], &[u8]>> =
    LazyLock::new(|| KIT.genuine.iter().filter_map(|one| split(one)).collect());

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate(data, size, max_size, seed) });

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(parts) = Parts::of(text.into()) else { return };
    let Ok(token) = parts.read(&Limits::default()) else { return };
    let (signed, signature) = split(data).expect("a token has a signature");
    assert_eq!((signed, signature), (token.signed, base64url::encode(token.signature).as_bytes()));
    let _ = (token.kind(), token.suite(), token.key_id());
    let Ok(algorithm) = token.require_header() else { return };
    if holds(&token, algorithm) {
        let issued = SIGNED.get(signed).expect("what holds was signed");
        // Of an ECDSA signature both spellings hold; it is no identifier.
        let is_ecdsa = matches!(algorithm, Algorithm::Es256 | Algorithm::Es384);
        assert!(is_ecdsa || signature == *issued, "another signature holds too");
    }
});

fn holds(token: &Token<'_>, algorithm: Algorithm) -> bool {
    KIT.keys().any(|key| verify(key, algorithm, token.signed, token.signature))
}

fn split(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let last = content.iter().rposition(|byte| *byte == b'.')?;
    Some((&content[..last], &content[last + 1..]))
}
