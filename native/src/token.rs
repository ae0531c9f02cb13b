//! Compact JWS taken apart (RFC 7515 §3.1, §7.1), with the rules that make a header safe to obey.

use std::borrow::Cow;

use crate::base64url;
use crate::failure::{Failure, Found};
use crate::json::{self, Value};
use crate::limits::Limits;
use crate::signatures::Algorithm;
use crate::suite::shortened;

const MOST_SHOWN: usize = 32; // characters of a stranger's algorithm or type name that go into a message

/// The decoded parts of a token; `signed` is the text that the signature covers.
#[derive(Debug)]
pub struct Parts<'t> {
    header: Vec<u8>,
    payload: Vec<u8>,
    signed: Cow<'t, str>,
    signature: Vec<u8>,
}

/// A token's parts, read.
#[derive(Debug)]
pub struct Token<'p> {
    pub header: Value<'p>,
    pub payload: Value<'p>,
    pub signed: &'p [u8],
    pub signature: &'p [u8],
}

impl<'t> Parts<'t> {
    /// Takes a compact JWS apart.
    ///
    /// `format.token` when it is none, `format.unsupported` (undecided) for an SD-JWT.
    pub fn of(text: Cow<'t, str>) -> Found<Self> {
        if text.contains('~') {
            return Err(Failure::undecided("format.unsupported", "an SD-JWT (RFC 9901)"));
        }
        let count = text.split('.').count();
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            let detail = format!("a compact JWS has three parts, this has {count}");
            return Err(Failure::rejected("format.token", detail));
        };
        let length = header.len() + 1 + payload.len();
        let (header, payload, signature) = (decoded(header)?, decoded(payload)?, decoded(signature)?);
        Ok(Self { header, payload, signed: cut(text, length), signature })
    }

    /// Reads the parts; what is not a JSON object is `format.token` or what [`json::parse`] says.
    pub fn read(&self, limits: &Limits) -> Found<Token<'_>> {
        Ok(Token {
            header: object(&self.header, limits)?,
            payload: object(&self.payload, limits)?,
            signed: self.signed.as_bytes(),
            signature: &self.signature,
        })
    }
}

fn cut(text: Cow<'_, str>, length: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..length).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(length);
            Cow::Owned(text)
        }
    }
}

fn decoded(part: &str) -> Found<Vec<u8>> {
    base64url::decode(part).ok_or_else(|| Failure::rejected("format.token", "not unpadded base64url"))
}

fn object<'p>(data: &'p [u8], limits: &Limits) -> Found<Value<'p>> {
    match json::parse(data, limits)? {
        value @ Value::Object(_) => Ok(value),
        _ => Err(Failure::rejected("format.token", "a part of the token is not a JSON object")),
    }
}

impl Token<'_> {
    /// The header's `typ` (RFC 7515 §4.1.9), lower case, without `application/`; empty if absent.
    ///
    /// A `typ` that is not text gives one that matches nothing.
    #[must_use]
    pub fn kind(&self) -> String {
        match self.header.get("typ") {
            None => String::new(),
            Some(Value::String(kind)) => {
                let kind = kind.to_lowercase();
                shortened(kind.strip_prefix("application/").unwrap_or(&kind), MOST_SHOWN)
            }
            Some(_) => "?".to_owned(),
        }
    }

    /// The name of the algorithm, shortened; empty where the header names none.
    #[must_use]
    pub fn suite(&self) -> String {
        shortened(self.header.get("alg").and_then(Value::as_str).unwrap_or_default(), MOST_SHOWN)
    }

    /// The header's `kid`, empty when there is none.
    #[must_use]
    pub fn key_id(&self) -> &str {
        self.header.get("kid").and_then(Value::as_str).unwrap_or_default()
    }

    /// The token's algorithm after judging its header.
    ///
    /// `jwk`, `jku`, `x5c` and `x5u` are never read: a token cannot say which key to believe. `proof.header` for an
    /// extension (`crit`, `b64`, `zip`, encryption), and what is wrong with `alg`.
    pub fn require_header(&self) -> Found<Algorithm> {
        for name in ["crit", "zip", "enc"] {
            if self.header.get(name).is_some() {
                return Err(header(format!("the header has {name}")));
            }
        }
        if !matches!(self.header.get("b64"), None | Some(Value::Bool(true))) {
            return Err(header("the header has b64 other than true"));
        }
        if !matches!(self.header.get("kid"), None | Some(Value::String(_))) {
            return Err(header("the header's kid is not text"));
        }
        self.algorithm()
    }

    /// Reads `alg`: none and secrets shared with the verifier prove nothing (RFC 8725 §3.1).
    fn algorithm(&self) -> Found<Algorithm> {
        let name = self.header.get("alg").and_then(Value::as_str).ok_or_else(|| header("the header has no alg"))?;
        if name.to_lowercase() == "none" || name.to_uppercase().starts_with("HS") {
            let detail = format!("{} proves nothing about an issuer", shortened(name, MOST_SHOWN));
            return Err(Failure::rejected("proof.algorithm", detail));
        }
        Algorithm::from_name(name).ok_or_else(|| {
            let detail = format!("{} is not supported", shortened(name, MOST_SHOWN));
            Failure::undecided("proof.algorithm_unsupported", detail)
        })
    }
}

fn header(detail: impl Into<Cow<'static, str>>) -> Failure {
    Failure::rejected("proof.header", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header_of(header: &str) -> Found<Algorithm> {
        let text = format!("{}.{}.", base64url::encode(header.as_bytes()), base64url::encode(b"{}"));
        Parts::of(text.into())?.read(&Limits::default())?.require_header()
    }

    #[test]
    fn a_header_is_judged() {
        assert_eq!(header_of(r#"{"alg":"ES256","kid":"k","jwk":{}}"#), Ok(Algorithm::Es256));
        for (text, code) in [
            (r#"{"alg":"none"}"#, "proof.algorithm"),
            (r#"{"alg":"nOnE"}"#, "proof.algorithm"),
            (r#"{"alg":"hs256"}"#, "proof.algorithm"),
            (r#"{"alg":"ES256K"}"#, "proof.algorithm_unsupported"),
            (r#"{"alg":"EdDSA","crit":[]}"#, "proof.header"),
            (r#"{"alg":"EdDSA","b64":false}"#, "proof.header"),
            (r#"{"alg":"EdDSA","b64":1}"#, "proof.header"),
            (r#"{"alg":"EdDSA","kid":1}"#, "proof.header"),
            (r#"{"alg":["EdDSA"]}"#, "proof.header"),
            (r#"[]"#, "format.token"),
            (r#"{"alg":1,"alg":1}"#, "format.duplicate_key"),
        ] {
            assert_eq!(header_of(text).map_err(|failure| failure.code), Err(code), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_or_refused(text in "[A-Za-z0-9_.~=-]{0,60}|.{0,60}") {
            if let Ok(parts) = Parts::of(text.into()) {
                let _ = parts.read(&Limits::default()).map(|token| (token.kind(), token.suite(), token.require_header()));
            }
        }

        #[test]
        fn any_header_is_judged(header in r#"\{"(alg|typ|kid|b64|crit)":("[A-Za-z]{0,6}"|[0-9]|null|true|\{\}|\[\]|".{0,9}")\}"#) {
            let _ = header_of(&header);
        }
    }
}
