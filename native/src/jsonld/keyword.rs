//! The keywords of JSON-LD 1.1 (§1.7) and of framing, which cannot be terms either.

macro_rules! keywords {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// A keyword.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each is the keyword of its name")]
        pub enum Keyword { $($name),* }

        impl Keyword {
            /// The keyword that `text` is.
            #[must_use]
            pub fn of(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }

            /// The keyword as it is written.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

keywords! {
    Base = "@base", Container = "@container", Context = "@context", Default = "@default",
    Direction = "@direction", Embed = "@embed", Explicit = "@explicit", First = "@first", Graph = "@graph",
    Id = "@id", Import = "@import", Included = "@included", Index = "@index", Json = "@json",
    Language = "@language", List = "@list", Nest = "@nest", None = "@none", OmitDefault = "@omitDefault",
    Propagate = "@propagate", Protected = "@protected", Preserve = "@preserve", RequireAll = "@requireAll",
    Reverse = "@reverse", Set = "@set", Type = "@type", Value = "@value", Version = "@version", Vocab = "@vocab",
}

/// Whether `text` has the form of a keyword: `@` and letters, and perhaps a line feed.
#[must_use]
pub fn has_keyword_form(text: &str) -> bool {
    text.strip_prefix('@').is_some_and(|rest| {
        let rest = rest.strip_suffix('\n').unwrap_or(rest);
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}
