//! Canonical JSON says what the document says, in one way.

#![no_main]

use ler_trust_native::json::{Value, parse};
use ler_trust_native::limits::Limits;
use ler_trust_native::workspace::canonical_json;
use ler_trust_native_fuzz::same::{are_equal, is_what_serde_read, reversed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    let Ok(value) = parse(data, &limits) else { return };
    let form = canonical_json(&value);
    assert_eq!(canonical_json(&reversed(&value)), form, "the order of members matters");
    let other = serde_json::from_slice(&form).expect("the canonical form is JSON");
    match parse(&form, &limits) {
        Ok(again) => {
            assert!(are_equal(&value, &again), "{value:?} became {again:?}");
            assert!(is_what_serde_read(&again, &other), "{again:?} is not {other:?}");
            assert_eq!(canonical_json(&again), form, "the canonical form has another one");
            assert_sorted(&again);
        }
        // Beyond 2⁵³ ECMAScript writes the digits that name a double, not the ones it has; the reader refuses those.
        Err(failure) => assert_eq!(failure.code, "format.number"),
    }
});

fn assert_sorted(value: &Value<'_>) {
    match value {
        Value::Object(members) => {
            assert!(members.is_sorted_by(|(one, _), (other, _)| one.encode_utf16().lt(other.encode_utf16())));
            for (_, member) in members {
                assert_sorted(member);
            }
        }
        Value::Array(items) => items.iter().for_each(assert_sorted),
        _ => {}
    }
}
