use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;
use crate::json::parse;
use crate::limits::Limits;

fn canonical(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    canonicalize(&parse(text, &Limits::default()).unwrap(), &mut out);
    out
}

#[test]
fn published_vectors_hold() {
    let root = std::env::var_os("LER_VECTORS").map_or_else(|| PathBuf::from("../../shared/vectors"), PathBuf::from);
    let folder = root.join("cyberphone+json-canonicalization/testdata");
    let Ok(inputs) = folder.join("input").read_dir() else {
        println!("JSON canonicalization vectors: not run, {} is missing", folder.display());
        return;
    };
    let mut ran = 0;
    for input in inputs {
        let input = input.unwrap();
        let expected = std::fs::read(folder.join("output").join(input.file_name())).unwrap();
        assert_eq!(canonical(&std::fs::read(input.path()).unwrap()), expected.trim_ascii_end(), "{input:?}");
        ran += 1;
    }
    println!("JSON canonicalization vectors: {ran} ran");
    assert!(ran >= 6);
}

#[test]
fn strings_have_no_more_escapes_than_needed() {
    let text = "\"\\u0000\\u001f\\u007f\\b\\t\\n\\f\\r\\\"\\\\\\/\u{e9}\u{2028}\\ud83d\\ude00\"";
    let expected = "\"\\u0000\\u001f\u{7f}\\b\\t\\n\\f\\r\\\"\\\\/\u{e9}\u{2028}\u{1f600}\"";
    assert_eq!(canonical(text.as_bytes()), expected.as_bytes());
}

#[test]
fn numbers_are_written_as_ecmascript_does() {
    for (text, expected) in [
        ("-0", "0"),
        ("-0.0", "0"),
        ("1.0", "1"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1e+21"),
        ("1e-6", "0.000001"),
        ("1e-7", "1e-7"),
        ("-12.50", "-12.5"),
        ("5e-324", "5e-324"),
        ("9007199254740994", "9007199254740994"),
    ] {
        assert_eq!(canonical(text.as_bytes()), expected.as_bytes(), "{text}");
    }
}

proptest! {
    #[test]
    fn names_are_in_the_order_of_their_utf16(one in ".{0,4}", other in ".{0,4}") {
        prop_assert_eq!(utf16_order(&one, &other), one.encode_utf16().cmp(other.encode_utf16()));
    }

    #[test]
    fn names_near_the_surrogates_are_in_the_order_of_their_utf16(
        one in "[a\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}]{0,4}",
        other in "[a\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}]{0,4}",
    ) {
        prop_assert_eq!(utf16_order(&one, &other), one.encode_utf16().cmp(other.encode_utf16()));
    }

    #[test]
    fn canonical_form_is_its_own(text in "[\\[\"\\\\a\u{0}-\u{1f}\u{e000}\u{10000}]{0,10}", number in -1e15..1e15) {
        let members = vec![(Cow::Borrowed(text.as_str()), Value::Number(number)), (Cow::Borrowed("b"), Value::Null)];
        let mut once = Vec::new();
        canonicalize(&Value::Object(members), &mut once);
        prop_assert_eq!(canonical(&once), once);
    }
}

/// 100,000 doubles with random bits, against the engine whose notation the scheme names. It takes seconds and node.
#[test]
#[ignore = "needs node"]
fn random_doubles_are_written_as_node_writes_them() {
    const SCRIPT: &str = "
        const bits = new Float64Array(new Uint8Array(require('fs').readFileSync(0)).buffer);
        process.stdout.write(Array.from(bits, number => JSON.stringify(number)).join('\\n'));";
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut doubles = Vec::new();
    while doubles.len() < 100_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        doubles.extend(Some(f64::from_bits(state)).filter(|number| number.is_finite()));
    }
    let node = Command::new("node").args(["-e", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut node = node.expect("node is installed");
    let bits: Vec<u8> = doubles.iter().flat_map(|number| number.to_le_bytes()).collect();
    node.stdin.take().unwrap().write_all(&bits).unwrap();
    let mut written = String::new();
    node.stdout.take().unwrap().read_to_string(&mut written).unwrap();
    assert!(node.wait().unwrap().success());
    assert_eq!(written.lines().count(), doubles.len());
    for (number, expected) in doubles.iter().zip(written.lines()) {
        let mut ours = Vec::new();
        write_number(*number, &mut ours);
        assert_eq!(String::from_utf8(ours).unwrap(), expected);
        assert_eq!(expected.parse(), Ok(*number));
    }
}
