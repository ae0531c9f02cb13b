//! IRIs as text: the forms JSON-LD tells apart, and references resolved against a base.

use super::trouble::{Outcome, Trouble};

/// Whether `character` is white space as the reference engine's patterns have it.
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// Whether JSON-LD processing takes `text` for an absolute IRI or a blank node identifier: a scheme and a
/// colon, and no white space but one line feed at the end.
pub fn is_absolute(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let rest = rest.strip_suffix('\n').unwrap_or(rest);
    (scheme == "_" || is_scheme(scheme, |byte| byte == b',')) && is_without_space(rest)
}

/// Whether `text` is an IRI that N-Quads can carry (RFC 3987 §2.2; N-Quads, IRIREF).
pub fn is_writable(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    is_scheme(scheme, |_| false)
        && rest
            .bytes()
            .all(|byte| byte > 0x20 && !matches!(byte, b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'`'))
}

/// Whether `text` is a blank node identifier.
pub fn is_blank(text: &str) -> bool {
    text.strip_prefix("_:").is_some_and(|label| !label.is_empty() && is_without_space(label))
}

/// Whether `tag` is a well-formed language tag (BCP 47 §2.1, roughly, as JSON-LD checks it).
pub fn is_language_tag(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let fits = |subtag: &str| (1..=8).contains(&subtag.len());
    subtags.next().is_some_and(|first| fits(first) && first.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && subtags.all(|subtag| fits(subtag) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_without_space(text: &str) -> bool {
    if text.is_ascii() {
        text.bytes().all(|byte| byte > 0x20 || !is_space(char::from(byte)))
    } else {
        !text.contains(is_space)
    }
}

fn is_scheme(scheme: &str, also: impl Fn(u8) -> bool) -> bool {
    let mut bytes = scheme.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.') || also(byte))
}

const NO_BASE: Trouble = Trouble::Malformed("ValueError");

/// Resolve `reference` against `base` (RFC 3986 §5.2), no base being the empty text.
///
/// Follows the reference engine's library, which leaves an absolute reference as it is but for dot segments.
pub fn resolve(reference: &str, base: &str) -> Outcome<String> {
    let base = match base.find('#') {
        Some(fragment) if fragment > 0 => &base[..fragment],
        _ => base,
    };
    if reference.is_empty() {
        return if base.contains(':') { Ok(base.to_owned()) } else { Err(NO_BASE) };
    }
    if reference.starts_with('?') {
        let end = base.find('?').filter(|query| *query > 0).unwrap_or(base.len());
        return Ok(format!("{}{reference}", &base[..end]));
    }
    if reference.starts_with('#') {
        return Ok(format!("{base}{reference}"));
    }
    match (reference.find(':'), base.find(':')) {
        (Some(colon), _) => Ok(without_dot_segments(reference, Some(colon))),
        (None, None) => Err(NO_BASE),
        (None, Some(colon)) => Ok(resolve_relative(reference, base, colon)),
    }
}

fn resolve_relative(reference: &str, base: &str, colon: usize) -> String {
    let scheme = &base[..=colon];
    if reference.starts_with("//") {
        return format!("{scheme}{}", without_dot_segments(reference, None));
    }
    let has_authority = base[colon + 1..].starts_with("//");
    let path_from = if has_authority { colon + 3 } else { colon + 1 };
    let slash = base.get(path_from..).and_then(|rest| rest.find('/')).map(|at| at + path_from);
    let Some(slash) = slash else {
        let reference = without_dot_segments(reference, None);
        return if has_authority && base.len() > path_from {
            format!("{base}/{reference}")
        } else {
            format!("{scheme}{reference}")
        };
    };
    let (origin, path) = base.split_at(slash);
    if reference.starts_with('/') {
        return format!("{origin}{}", remove_dot_segments(reference));
    }
    let directory = path.rfind('/').map_or(path, |last| &path[..=last]);
    let cut = directory.len() < path.len()
        && reference.starts_with('.')
        && !reference.starts_with("..")
        && !reference.starts_with("./")
        && reference.chars().count() > 2;
    let reference = if cut { &reference[1..] } else { reference };
    format!("{origin}{}", remove_dot_segments(&format!("{directory}{reference}")))
}

/// Remove the dot segments of the path of `iri`, whose first colon is at `colon`.
fn without_dot_segments(iri: &str, colon: Option<usize>) -> String {
    let after = colon.map_or(0, |colon| colon + 1);
    let has_authority = iri[after..].starts_with("//") && (colon.is_none() || iri.len() > after + 1);
    let from = if has_authority { after + 2 } else { after };
    match iri[from..].find('/') {
        None => iri.to_owned(),
        Some(slash) => {
            let (before, path) = iri.split_at(from + slash);
            format!("{before}{}", remove_dot_segments(path))
        }
    }
}

/// Remove `.` and `..` from a path with what follows it (RFC 3986 §5.2.4); the result begins with a slash.
fn remove_dot_segments(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let (names, tail) = path.split_at(end);
    let mut parts = names.split('/');
    if let Some(first) = parts.next().filter(|first| !first.is_empty()) {
        segments.push(first);
    }
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none() && tail.is_empty();
        match part {
            ".." => {
                segments.pop();
                if last {
                    segments.push("");
                }
            }
            "." if last => segments.push(""),
            "." => {}
            name => segments.push(name),
        }
    }
    format!("/{}{tail}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_as_rfc_3986_has_it() {
        let base = "http://a/b/c/d;p?q";
        for (reference, expected) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("", "http://a/b/c/d;p?q"),
            ("..", "http://a/b/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
            ("https://a/b/../c", "https://a/c"),
        ] {
            assert_eq!(resolve(reference, base).ok().as_deref(), Some(expected), "{reference}");
        }
        assert!(resolve("g", "").is_err());
    }

    #[test]
    fn forms_of_iris() {
        assert!(is_absolute("a:") && is_absolute("_:b") && is_absolute("a,b:c\n"));
        assert!(!is_absolute("1a:b") && !is_absolute("a b:c") && !is_absolute("a:b c") && !is_absolute("b"));
        assert!(is_writable("urn:ü") && !is_writable("_:b") && !is_writable("a,b:c") && !is_writable("a:<"));
        assert!(is_language_tag("de-CH-1996") && !is_language_tag("d3") && !is_language_tag("en-"));
    }
}
