//! The safe reader of JSON takes only what another reader takes, and makes the same of it.

#![no_main]

use ler_trust_native::json::parse;
use ler_trust_native::limits::Limits;
use ler_trust_native_fuzz::same::is_what_serde_read;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let other = serde_json::from_slice::<Value>(data);
    match parse(data, &Limits::default()) {
        Ok(value) => {
            let other = other.expect("what is read is JSON");
            assert!(is_what_serde_read(&value, &other), "{value:?} is not {other:?}");
        }
        Err(failure) => match failure.code {
            "format.json" | "format.encoding" => assert!(other.is_err(), "{failure:?} of {other:?}"),
            "format.duplicate_key" => {
                let exists = |value: Value| value.pointer(&failure.pointer).is_some();
                assert!(other.map_or(true, exists), "{failure:?}");
            }
            "format.number" | "format.surrogate" | "format.too_deep" | "format.too_large" => {}
            code => panic!("{code} is no code of the reader's"),
        },
    }
});
