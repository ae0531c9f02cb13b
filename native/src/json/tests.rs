use proptest::prelude::*;

use super::*;

fn read(data: &[u8]) -> Found<Value<'_>> {
    parse(data, &Limits::default())
}

/// The code and the pointer for a document that is refused.
fn refused(data: impl AsRef<[u8]>) -> (&'static str, String) {
    match read(data.as_ref()) {
        Ok(value) => panic!("{value:?} was read"),
        Err(failure) => {
            // What is beyond a limit says nothing against the record.
            assert_eq!(failure.decided, !failure.code.starts_with("format.too_"));
            (failure.code, failure.pointer)
        }
    }
}

fn code(data: impl AsRef<[u8]>) -> &'static str {
    refused(data).0
}

fn number(text: &str) -> f64 {
    match read(text.as_bytes()) {
        Ok(Value::Number(number)) => number,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_of_value_is_read() {
    let text = " {\"a\" : [null, true, false, -1.5e2, \"\"] ,\n\t\"\u{e9}\": {}, \"\\n\\u00e9\\ud83d\\ude00\": \"x\\\"\\\\\\/\\b\\f\\r\\t\" } \r\n";
    let value = read(text.as_bytes()).unwrap();
    let list = vec![
        Value::Null,
        Value::Bool(true),
        Value::Bool(false),
        Value::Number(-150.0),
        Value::String(Cow::Borrowed("")),
    ];
    assert_eq!(value.get("a"), Some(&Value::Array(list)));
    assert_eq!(value.get("\u{e9}"), Some(&Value::Object(Vec::new())));
    assert_eq!(value.get("\n\u{e9}\u{1f600}").and_then(Value::as_str), Some("x\"\\/\u{8}\u{c}\r\t"));
}

#[test]
fn text_without_escapes_is_borrowed() {
    let value = read(b"{\"name\": \"text\"}").unwrap();
    let Value::Object(members) = &value else { panic!("{value:?}") };
    assert!(matches!(members.as_slice(), [(Cow::Borrowed("name"), Value::String(Cow::Borrowed("text")))]));
}

#[test]
fn what_is_not_json_is_refused() {
    let wrong = [
        "",
        " ",
        "x",
        "nul",
        "nulL",
        "tru",
        "truee",
        "NaN",
        "Infinity",
        "-Infinity",
        "-",
        "+1",
        ".5",
        "1.",
        "01",
        "1e",
        "1e+",
        "0x1",
        "1 2",
        "{}{}",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\" 1}",
        "{1:1}",
        "{\"a\":1]",
        "\"",
        "\"a",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u123g\"",
        "\"\\u+123\"",
        "\"\n\"",
        "\"\u{1f}\"",
        "\"\0\"",
        "\"\\ud800\\u12\"",
        "\u{a0}1",
        "/**/1",
        "[1]\0",
        "\"a\\\n\"",
    ];
    for text in wrong {
        assert_eq!(code(text), "format.json", "{text:?}");
    }
}

#[test]
fn a_special_byte_is_found_wherever_it_stands() {
    for before in 0..40 {
        let start = "\u{e9}".repeat(before % 3) + &"a".repeat(before);
        assert_eq!(read(format!("\"{start}\"").as_bytes()).unwrap().as_str(), Some(start.as_str()));
        let escaped = format!("\"{start}\\n{start}\"");
        assert_eq!(read(escaped.as_bytes()).unwrap().as_str(), Some(format!("{start}\n{start}").as_str()));
        for control in 0..32_u8 {
            assert_eq!(code(format!("\"{start}{}{start}\"", char::from(control))), "format.json");
        }
    }
}

#[test]
fn size_comes_first_and_then_encoding() {
    let limits = Limits { item_bytes: 4, ..Limits::default() };
    assert_eq!(parse(b"null", &limits), Ok(Value::Null));
    assert_eq!(parse(b"\xff\xff\xff\xff\xff", &limits).unwrap_err().code, "format.too_large");
    assert_eq!(code(b"\xef\xbb\xbf{}"), "format.encoding");
    let broken: [&[u8]; 5] = [b"[\xff", b"\"\xed\xa0\x80\"", b"\"\xc0\x80\"", b"\"\xf4\x90\x80\x80\"", b"x\xc3"];
    for data in broken {
        assert_eq!(code(data), "format.encoding");
    }
    let deep = [b"[".repeat(65), b"\xff".to_vec()].concat();
    assert_eq!(code(deep), "format.encoding");
}

#[test]
fn depth_is_bounded_whatever_else_is_wrong() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read(nested(64).as_bytes()).is_ok());
    assert_eq!(code(nested(65)), "format.too_deep");
    assert_eq!(code("{\"a\":".repeat(65)), "format.too_deep");
    assert_eq!(code("x".to_owned() + &"[".repeat(65)), "format.too_deep");
    assert_eq!(code("{\"a\":1,\"a\":2}".to_owned() + &nested(65)), "format.too_deep");
    assert_eq!(code("]".to_owned() + &nested(65)), "format.json", "closing brackets count downwards");
    assert_eq!(code("\"".to_owned() + &"[".repeat(65)), "format.json", "in a string that does not end");
    assert!(read(format!("\"\\\"{}\"", "[".repeat(65)).as_bytes()).is_ok());
    assert_eq!(code(nested(100_000)), "format.too_deep");
    let limits = Limits { json_depth: usize::MAX, ..Limits::default() };
    assert_eq!(parse(nested(500_000).as_bytes(), &limits).unwrap_err().code, "format.too_deep");
}

#[test]
fn repeated_names_are_refused_and_located() {
    let at = |text: &str| match refused(text) {
        ("format.duplicate_key", pointer) => pointer,
        other => panic!("{other:?}"),
    };
    assert_eq!(at(r#"{"a":1,"a":1}"#), "/a");
    assert_eq!(at(r#"{"a":1,"\u0061":2}"#), "/a");
    assert_eq!(at(r#"[0,{"x~y/z":{"b":1e999,"b":2}}]"#.replace("1e999", "1").as_str()), "/1/x~0y~1z/b");
    assert_eq!(at(r#"{"a":{"b":1,"b":2},"c":1,"c":2}"#), "/c", "an object before what is in it");
    assert_eq!(at(r#"{"a":{"b":1,"b":2},"c":1e999}"#), "/a/b", "the inner object ends before the number");
    assert_eq!(at(r#"{"\ud800":1,"\ud800":2}"#), "/?");
    assert_eq!(at(r#"[{"a":1,"a":2},-Infinity,NaN,1e999]"#), "/0/a");
    assert_eq!(at(r#"{"a":1,"a":2} x"#), "", "broken further on");
    let many: Vec<String> = (0..1000).map(|index| format!("\"n{}\":0", index % 999)).collect();
    assert_eq!(at(&format!("{{{}}}", many.join(","))), "/n0");
    assert_eq!(code(r#"{"a":1,"a":1e999}"#), "format.number", "the number comes before the object's end");
    assert_eq!(code(r#"{"a":1,"a":2"#), "format.json", "the object never ends");
}

#[test]
fn lone_surrogates_are_refused_last_and_located() {
    let at = |text: &str| match refused(text) {
        ("format.surrogate", pointer) => pointer,
        other => panic!("{other:?}"),
    };
    assert_eq!(at(r#""\ud800""#), "");
    assert_eq!(at(r#""\udc00\ud800""#), "");
    assert_eq!(at(r#"["\ud800\ud800\udc00"]"#), "/0");
    assert_eq!(at(r#"{"a":["x","\uDFFF"]}"#), "/a/1");
    assert_eq!(at(r#"{"a":{"b":"\ud800"},"\ud800":0}"#), "", "an object before what is in it");
    assert_eq!(at(r#"{"\ud800":1,"\ud801":2}"#), "", "two different names");
    assert_eq!(at("{\"\u{10ffff}\":\"\\udbff\\udfff\",\"a\":\"\\udbff\"}"), "/a");
    assert_eq!(at("{\"\u{10ffff}\u{e000}\":1,\"\\ud800\":2}"), "");
    assert_eq!(code(r#"["\ud800",]"#), "format.json");
    assert_eq!(code(r#"["\ud800",1e999]"#), "format.number");
    assert_eq!(code(r#"["\ud800",{"a":1,"a":2}]"#), "format.duplicate_key");
    assert_eq!(read(r#""\udbff\udfff""#.as_bytes()).unwrap().as_str(), Some("\u{10ffff}"));
}

#[test]
fn numbers_that_doubles_hold_are_read() {
    for (text, expected) in [
        ("0", 0.0),
        ("-0", 0.0),
        ("9007199254740991", 9_007_199_254_740_991.0),
        ("-9007199254740992", -9_007_199_254_740_992.0),
        ("9007199254740994", 9_007_199_254_740_994.0),
        ("1.5", 1.5),
        ("0.1", 0.1),
        ("1E3", 1000.0),
        ("-2.5e-3", -0.0025),
        ("0.30000000000000004", 0.300_000_000_000_000_04),
        ("5e-324", 5e-324),
        ("1.7976931348623157e308", f64::MAX),
        ("0e99999999999999999999", 0.0),
        ("0.1000000000000000055511151231257827021181583404541015625", 0.1),
        ("10000000000000000000000000000000000000000e-40", 1.0),
        ("100000000000000000000", 1e20),
    ] {
        assert_eq!(number(text).to_bits(), f64::to_bits(expected), "{text}");
    }
    assert_eq!(number("-0.0").to_bits(), (-0.0_f64).to_bits());
    assert_eq!(number("-0e1").to_bits(), (-0.0_f64).to_bits());
    let largest = format!("{:.0}", f64::MAX);
    assert_eq!(number(&largest).to_bits(), f64::MAX.to_bits());
    let zeros = format!("1.{}", "0".repeat(398));
    assert_eq!(number(&zeros).to_bits(), 1.0_f64.to_bits());
}

#[test]
fn numbers_that_no_double_is_are_refused() {
    let long = format!("1.{}", "0".repeat(399));
    let huge = format!("1{}", "0".repeat(309));
    for text in [
        "9007199254740993",
        "-9007199254740993",
        "9999999999999999",
        "100000000000000000001",
        "1e309",
        "-1e999999999999",
        "1e-400",
        "0.0001e-400",
        "0.1000000000000000055",
        "1.00000000000000000001",
        "123456789.12345678901",
        "[99999999999999999999.]",
        "[99999999999999999999e",
        &long,
        &huge,
        &"9".repeat(401),
    ] {
        assert_eq!(code(text), "format.number", "{text}");
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
        "[\"\\\\/\u{0}-\u{1f}a\u{10ffff}]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 60, 20, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::btree_map(".{0,6}", inner, 0..24)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

fn as_other(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => (*number).into(),
        Value::String(text) => text.as_ref().into(),
        Value::Array(items) => items.iter().map(as_other).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.to_string(), as_other(value))).collect(),
    }
}

fn with_doubles(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(number) => number.as_f64().unwrap().into(),
        serde_json::Value::Array(items) => items.into_iter().map(with_doubles).collect(),
        serde_json::Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, with_doubles(value))).collect()
        }
        other => other,
    }
}

/// Whether a document has what JSON allows and this reader does not.
fn may_differ(failure: &Failure) -> bool {
    matches!(failure.code, "format.number" | "format.duplicate_key" | "format.too_deep")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn plain_json_is_read_as_another_reader_reads_it(value in json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let read = read(text.as_bytes());
        prop_assert_eq!(read.as_ref().map(as_other), Ok(with_doubles(value)));
    }

    #[test]
    fn any_bytes_are_read_or_refused_as_another_reader_does(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(agrees(&data));
    }

    #[test]
    fn near_json_is_read_or_refused_as_another_reader_does(
        text in r#"([\[\]{}:, "\\0-9eE.+-]|"[ab]{0,2}"|\\u[dD][89a-f][0-9a-f]{2}|null|true|\{"a":|\[){0,12}"#
    ) {
        prop_assert!(agrees(text.as_bytes()));
    }

    #[test]
    fn json_with_a_byte_changed_is_read_or_refused_as_another_reader_does(
        value in json(), place: prop::sample::Index, byte: u8
    ) {
        let mut data = serde_json::to_vec(&value).unwrap();
        let place = place.index(data.len());
        data[place] = byte;
        prop_assert!(agrees(&data));
    }
}

fn agrees(data: &[u8]) -> bool {
    match (read(data), serde_json::from_slice::<serde_json::Value>(data)) {
        (Ok(value), Ok(other)) => as_other(&value) == with_doubles(other),
        (Ok(_), Err(_)) => false,
        (Err(failure), Ok(_)) => may_differ(&failure),
        (Err(_), Err(_)) => true,
    }
}
