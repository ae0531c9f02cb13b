//! base64url without padding (RFC 4648 §5, RFC 7515 §2), read strictly: one text for each byte string.

use base64_simd::URL_SAFE_NO_PAD;

/// The bytes that `text` encodes; nothing for padding, a character outside the alphabet, an impossible length, or
/// bits at the end that no encoder would set.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode_to_vec(text).ok()
}

/// `data` as base64url without padding.
#[must_use]
pub fn encode(data: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(data)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_byte_string_has_one_text() {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for length in [2, 3] {
            for (place, &last) in ALPHABET.iter().enumerate() {
                let text = format!("{}{}", "Q".repeat(length - 1), char::from(last));
                let unused_bits = if length == 2 { 4 } else { 2 };
                assert_eq!(decode(&text).is_some(), place % (1 << unused_bits) == 0, "{text}");
            }
        }
    }

    #[test]
    fn what_no_encoder_writes_is_refused() {
        for wrong in ["A", "AAAAA", "QQ==", "QQ=", "Q Q", "QQ\n", "Q+", "Q/", "é", "QQA\0"] {
            assert_eq!(decode(wrong), None, "{wrong:?}");
        }
        assert_eq!(decode(""), Some(Vec::new()));
    }

    proptest! {
        #[test]
        fn bytes_come_back(data in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(decode(&encode(&data)), Some(data));
        }

        #[test]
        fn text_that_is_read_is_the_text_that_would_be_written(text in "[A-Za-z0-9_-]{0,40}|.{0,10}") {
            if let Some(data) = decode(&text) {
                prop_assert_eq!(encode(&data), text);
            }
        }
    }
}
