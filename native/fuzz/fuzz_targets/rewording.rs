//! Whatever is done to the words of an issued record, it does not hold, or says what it said.
//!
//! The input is no record: it chooses one of the kit's and the changes to it.

#![no_main]

use std::sync::LazyLock;

use ler_trust_native_fuzz::issued::{held, require_issued};
use ler_trust_native_fuzz::kit::KIT;
use ler_trust_native_fuzz::mutation::changed_by;
use libfuzzer_sys::fuzz_target;

/// The kit's documents that hold; a token is signed to the letter.
static DOCUMENTS: LazyLock<Vec<&[u8]>> = LazyLock::new(|| {
    let documents = KIT.genuine.iter().map(Vec::as_slice).filter(|item| item.starts_with(b"{"));
    documents.filter(|item| held(item).is_some()).collect()
});

fuzz_target!(|data: &[u8]| {
    let Some((first, choices)) = data.split_first() else { return };
    let document = DOCUMENTS[usize::from(*first) % DOCUMENTS.len()];
    require_issued(&changed_by(document, choices));
});
