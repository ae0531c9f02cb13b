//! Verifies credentials with `ssi`, the library DIDKit is made of, one process on one core.
//!
//! Contexts and status lists are in memory; each list is verified and unpacked once, with the library's own parts, as
//! a careful integrator would write it. Keys are resolved by the library each time, as it comes.

use std::collections::HashMap;

use ler_trust_bench::{Outcome, serve, share};
use serde::Deserialize;
use serde_json::{Map, Value};
use ssi::claims::data_integrity::{AnySuite, DataIntegrity};
use ssi::claims::vc::v2::syntax::JsonCredential;
use ssi::dids::{AnyDidMethod, DIDResolver};
use ssi::json_ld::ContextLoader;
use ssi::prelude::{AnyMethod, DefaultVerificationParameters, VerificationParameters};
use ssi::status::bitstring_status_list::{
    BitstringStatusListCredential, BitstringStatusListEntry, StatusList, StatusPurpose, StatusSize,
};
use tokio::runtime::Runtime;

#[derive(Deserialize)]
struct Share {
    warm_up: Vec<Item>,
    rounds: Vec<Vec<Item>>,
    lists: HashMap<String, String>,
    contexts: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Item {
    content: String,
    verified: bool,
}

struct Verifier {
    runtime: Runtime,
    parameters: DefaultVerificationParameters,
    lists: HashMap<String, String>,
    unpacked: HashMap<String, (String, StatusPurpose, StatusList)>,
}

impl Verifier {
    fn new(lists: HashMap<String, String>, contexts: HashMap<String, String>) -> Outcome<Self> {
        let loader = ContextLoader::default().with_context_map_from(contexts)?;
        let resolver = AnyDidMethod::default().into_vm_resolver::<AnyMethod>();
        let parameters = VerificationParameters::from_resolver(resolver).with_json_ld_loader(loader);
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Self { runtime, parameters, lists, unpacked: HashMap::new() })
    }

    fn judge(&mut self, item: &Item) -> Outcome<()> {
        if self.verify(&item.content)? == item.verified {
            Ok(())
        } else {
            Err(format!("not judged as it must be: {}", item.content).into())
        }
    }

    fn verify(&mut self, content: &str) -> Outcome<bool> {
        let credential: DataIntegrity<JsonCredential, AnySuite> = serde_json::from_str(content)?;
        if self.runtime.block_on(credential.verify(&self.parameters))?.is_err() {
            return Ok(false);
        }
        let issuer = credential.claims.issuer.id().as_str();
        for status in &credential.claims.credential_status {
            // The library has no reader of an entry inside a credential, but one of the entry.
            let entry: BitstringStatusListEntry = serde_json::from_value(serde_json::to_value(status)?)?;
            if self.is_set(issuer, &entry)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_set(&mut self, issuer: &str, entry: &BitstringStatusListEntry) -> Outcome<bool> {
        let url = entry.status_list_credential.as_str();
        if !self.unpacked.contains_key(url) {
            let unpacked = self.unpack(url)?;
            self.unpacked.insert(url.to_owned(), unpacked);
        }
        let (keeper, purpose, list) = self.unpacked.get(url).ok_or("no list")?;
        if keeper != issuer || *purpose != entry.status_purpose {
            return Err("the list is not the issuer's".into());
        }
        let value = list.get(StatusSize::DEFAULT, entry.status_list_index).ok_or("outside the list")?;
        Ok(value != 0)
    }

    fn unpack(&self, url: &str) -> Outcome<(String, StatusPurpose, StatusList)> {
        let text = self.lists.get(url).ok_or("no such list")?;
        let list: DataIntegrity<BitstringStatusListCredential, AnySuite> = serde_json::from_str(text)?;
        self.runtime.block_on(list.verify(&self.parameters))??;
        let issuer = list.claims.other_properties.get("issuer").and_then(Value::as_str).ok_or("no issuer")?;
        let purpose = list.claims.credential_subject.status_purpose;
        Ok((issuer.to_owned(), purpose, list.claims.decode_status_list()?))
    }
}

fn main() -> Outcome<()> {
    let Share { warm_up, rounds, lists, contexts } = share()?;
    let mut verifier = Verifier::new(lists, contexts)?;
    warm_up.iter().try_for_each(|item| verifier.judge(item))?;
    verifier.unpacked.clear(); // the other side knows no list either
    serve(&rounds, Map::from_iter([("version".to_owned(), "ssi 0.16.0".into())]), |item| verifier.judge(item))
}
