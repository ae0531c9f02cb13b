//! Multibase (CID 1.0 §2.4): a letter naming the alphabet, then the text. Two are in use: `z` and `u`.

use crate::base64url;

/// Characters; decoding takes time with the square of the length, and a key needs 70.
pub const MAX_BASE58: usize = 1_024;
/// Characters; the largest status list, compressed, is far below.
pub const MAX_BASE64URL: usize = 32 * 1024 * 1024;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DIGIT_VALUES: [Option<u8>; 128] = digit_values();
const DIGITS: usize = 10;

/// The bytes of `z` followed by base-58-btc text.
#[must_use]
pub fn decode_base58btc(text: &str) -> Option<Vec<u8>> {
    let body = text.strip_prefix('z').filter(|body| body.len() <= MAX_BASE58)?;
    base58(body)
}

/// The bytes of base-58-btc text: ten digits at a time, since 58¹⁰ is below 2⁶⁴, into limbs of a large number.
fn base58(text: &str) -> Option<Vec<u8>> {
    let mut limbs: Vec<u64> = Vec::with_capacity(text.len() / DIGITS + 1);
    for digits in text.as_bytes().chunks(DIGITS) {
        let (number, scale) = digits.iter().try_fold((0, 1), |(number, scale), &digit| {
            let value = DIGIT_VALUES.get(usize::from(digit)).copied().flatten()?;
            Some((number * 58 + u64::from(value), scale * 58))
        })?;
        multiply_and_add(&mut limbs, scale, number);
    }
    let zeros = text.bytes().take_while(|&digit| digit == b'1').count();
    let significant = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).skip_while(|&byte| byte == 0);
    let mut bytes = Vec::with_capacity(zeros + limbs.len() * 8);
    bytes.resize(zeros, 0);
    bytes.extend(significant);
    Some(bytes)
}

#[expect(clippy::cast_possible_truncation, reason = "both halves of the product are taken")]
fn multiply_and_add(limbs: &mut Vec<u64>, factor: u64, addend: u64) {
    let mut carry = addend;
    for limb in limbs.iter_mut() {
        let product = u128::from(*limb) * u128::from(factor) + u128::from(carry);
        *limb = product as u64;
        carry = (product >> 64) as u64;
    }
    if carry > 0 {
        limbs.push(carry);
    }
}

const fn digit_values() -> [Option<u8>; 128] {
    let mut values = [None; 128];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        values[ALPHABET[digit] as usize] = Some(digit as u8);
        digit += 1;
    }
    values
}

/// `data` as `z` and base-58-btc.
#[must_use]
pub fn encode_base58btc(data: &[u8]) -> String {
    format!("z{}", bs58::encode(data).into_string())
}

/// The bytes of `u` followed by unpadded base64url.
#[must_use]
pub fn decode_base64url_nopad(text: &str) -> Option<Vec<u8>> {
    let body = text.strip_prefix('u').filter(|body| body.len() <= MAX_BASE64URL)?;
    base64url::decode(body)
}

/// `data` as `u` and unpadded base64url.
#[must_use]
pub fn encode_base64url_nopad(data: &[u8]) -> String {
    format!("u{}", base64url::encode(data))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn base58_is_read_as_another_reader_reads_it(text in "[1-9A-HJ-NP-Za-km-z]{0,200}|[ -~]{0,20}|.{0,5}") {
            prop_assert_eq!(decode_base58btc(&format!("z{text}")), bs58::decode(&text).into_vec().ok());
        }

        #[test]
        fn bytes_come_back(data in proptest::collection::vec(any::<u8>(), 0..200), zeros in 0_usize..5) {
            let data = [vec![0; zeros], data].concat();
            prop_assert_eq!(decode_base58btc(&encode_base58btc(&data)), Some(data.clone()));
            prop_assert_eq!(decode_base64url_nopad(&encode_base64url_nopad(&data)), Some(data));
        }
    }

    #[test]
    fn length_and_prefix_are_bounded() {
        assert!(decode_base58btc(&format!("z{}", "1".repeat(MAX_BASE58))).is_some());
        assert_eq!(decode_base58btc(&format!("z{}", "1".repeat(MAX_BASE58 + 1))), None);
        for wrong in ["", "u2", "Z2", "2", "z0", "zl", "z ", "z2\n"] {
            assert_eq!(decode_base58btc(wrong), None, "{wrong:?}");
        }
        for wrong in ["", "zAA", "AA", "uAA==", "uA", "uAB", "u+w"] {
            assert_eq!(decode_base64url_nopad(wrong), None, "{wrong:?}");
        }
    }
}
