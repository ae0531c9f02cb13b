//! Which keys a batch needs, and how badly.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::failure::Found;
use crate::material::Need;
use crate::outcome::Survey;

/// The needs of `surveys`, each once: what many items need comes first, then what was needed first.
pub fn by_demand<'s>(surveys: impl Iterator<Item = &'s Found<Survey>>) -> Vec<&'s Need> {
    let mut places: HashMap<&Need, usize, foldhash::fast::RandomState> = HashMap::default();
    let mut counted: Vec<(&Need, usize)> = Vec::new();
    for need in surveys.flatten().flat_map(|survey| &survey.keys) {
        let place = *places.entry(need).or_insert(counted.len());
        match counted.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => counted.push((need, 1)),
        }
    }
    counted.sort_by_key(|(_, count)| Reverse(*count));
    counted.into_iter().map(|(need, _)| need).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;
    use crate::outcome::Form;

    #[test]
    fn what_many_need_comes_first() {
        let need = |issuer: &str| Need { issuer: issuer.to_owned(), method: None };
        let survey = |issuers: &[&str]| {
            Ok(Survey {
                form: Form::VcJose,
                issuer: "urn:i".into(),
                keys: issuers.iter().map(|issuer| need(issuer)).collect(),
            })
        };
        let all = [survey(&["a", "b"]), Err(Failure::rejected("x", "y")), survey(&["c", "b"]), survey(&["d"])];
        let found: Vec<_> = by_demand(all.iter()).into_iter().map(|need| need.issuer.as_str()).collect();
        assert_eq!(found, ["b", "a", "c", "d"]);
    }
}
