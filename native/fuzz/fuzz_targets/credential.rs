//! What holds says what was signed; and whatever is signed is judged without a fault.

#![no_main]

use ler_trust_native_fuzz::issued::{authenticated, held, require_issued};
use ler_trust_native_fuzz::kit::KIT;
use ler_trust_native_fuzz::mutation::mutate;
use ler_trust_native_fuzz::signing::signed_anew;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate(data, size, max_size, seed) });

fuzz_target!(|data: &[u8]| {
    require_issued(data);
    for item in signed_anew(data) {
        let code = authenticated(&item).map(|one| one.proofs[0].failure.as_ref().map(|it| it.code.to_string()));
        assert_ne!(code, Ok(Some("proof.signature".to_owned())), "{}", String::from_utf8_lossy(&item));
        if let Some((_, secured)) = held(&item) {
            assert_eq!(secured.issuer, KIT.signer.issuer);
        }
    }
});
