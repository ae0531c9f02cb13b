//! Changes to the structure of a record, which changes to its bytes would take long to find.

use ler_trust_native::base64url;
use libfuzzer_sys::fuzzer_mutate;
use serde_json::{Map, Value, json};

use crate::kit::KIT;

/// Of so many changes, one is left to the fuzzer's own, of bytes.
const BYTES_EVERY: usize = 4;

/// Changes the JSON or the compact token in the first `size` bytes of `data`; a mutator for libFuzzer.
pub fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    let mut random = Choices::seeded(seed);
    if random.below(BYTES_EVERY) == 0 {
        return fuzzer_mutate(data, size, most);
    }
    match changed(&data[..size], &mut random).filter(|content| content.len() <= most) {
        Some(content) => {
            data[..content.len()].copy_from_slice(&content);
            content.len()
        }
        None => fuzzer_mutate(data, size, most),
    }
}

/// The JSON in `content` changed in the way that `choices` say.
#[must_use]
pub fn changed_by(content: &[u8], choices: &[u8]) -> Vec<u8> {
    changed(content, &mut Choices { made: choices, state: 0 }).unwrap_or_default()
}

fn changed(content: &[u8], random: &mut Choices<'_>) -> Option<Vec<u8>> {
    if let Ok(mut value) = serde_json::from_slice(content) {
        change(&mut value, random);
        return serde_json::to_vec(&value).ok();
    }
    let mut parts: Vec<String> = std::str::from_utf8(content).ok()?.split('.').map(str::to_owned).collect();
    let index = random.below(parts.len());
    let part = base64url::decode(&parts[index])?;
    parts[index] = base64url::encode(&changed_part(part, random));
    Some(parts.join(".").into_bytes())
}

fn changed_part(mut part: Vec<u8>, random: &mut Choices<'_>) -> Vec<u8> {
    if let Ok(mut value) = serde_json::from_slice(&part) {
        change(&mut value, random);
        return serde_json::to_vec(&value).unwrap_or_default();
    }
    let at = random.below(part.len().max(1));
    if let Some(byte) = part.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
    part
}

fn change(root: &mut Value, random: &mut Choices<'_>) {
    if random.below(2) == 0 {
        return say_in_other_words(root, random);
    }
    for _ in 0..=random.below(3) {
        let copied = random.one_of(&places(root)).and_then(|place| root.pointer(place)).cloned();
        let other = copied.filter(|_| random.below(3) == 0).unwrap_or_else(|| random.value());
        let place = random.one_of(&places(root)).cloned().unwrap_or_default();
        if let Some(container) = root.pointer_mut(&place) {
            change_one(container, other, random);
        }
    }
}

fn say_in_other_words(root: &mut Value, random: &mut Choices<'_>) {
    let place = random.one_of(&places(root)).cloned().unwrap_or_default();
    let values: Vec<&mut Value> = match root.pointer_mut(&place) {
        Some(Value::Object(members)) => members.values_mut().collect(),
        Some(Value::Array(items)) => items.iter_mut().collect(),
        _ => return,
    };
    let chosen = random.below(values.len().max(1));
    if let Some(value) = values.into_iter().nth(chosen) {
        *value = in_other_words(value.take(), random);
    }
}

/// The pointers of the objects and arrays in `root`.
fn places(root: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![(String::new(), root)];
    while let Some((place, value)) = waiting.pop() {
        match value {
            Value::Object(members) => waiting.extend(
                members
                    .iter()
                    .map(|(name, member)| (format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), member)),
            ),
            Value::Array(items) => {
                waiting.extend(items.iter().enumerate().map(|(index, item)| (format!("{place}/{index}"), item)));
            }
            _ => continue,
        }
        found.push(place);
    }
    found
}

fn change_one(container: &mut Value, other: Value, random: &mut Choices<'_>) {
    match container {
        Value::Object(members) => change_member(members, other, random),
        Value::Array(items) => change_item(items, other, random),
        _ => {}
    }
}

fn change_member(members: &mut Map<String, Value>, other: Value, random: &mut Choices<'_>) {
    let names: Vec<String> = members.keys().cloned().collect();
    let Some(name) = random.one_of(&names).cloned().filter(|_| random.below(4) > 0) else {
        members.insert(random.name(), other);
        return;
    };
    let Some(value) = members.shift_remove(&name) else { return };
    match random.below(6) {
        0 => {}
        1 => drop(members.insert(random.name(), value)),
        2 => drop(members.insert(name, other)),
        3 => drop(members.insert(name, json!([value, other]))),
        _ => drop(members.insert(name, in_other_words(value, random))),
    }
}

fn change_item(items: &mut Vec<Value>, other: Value, random: &mut Choices<'_>) {
    if items.is_empty() || random.below(4) == 0 {
        items.insert(random.below(items.len() + 1), other);
        return;
    }
    let at = random.below(items.len());
    match random.below(5) {
        0 => drop(items.remove(at)),
        1 => items[at] = other,
        2 => items.swap(0, at),
        3 => items.push(items[at].clone()),
        _ => items[at] = in_other_words(items[at].take(), random),
    }
}

/// What may mean the same.
fn in_other_words(value: Value, random: &mut Choices<'_>) -> Value {
    match (value, random.below(8)) {
        (Value::Array(mut items), 0 | 1) if items.len() == 1 => items.remove(0),
        (Value::Array(mut items), 7) if !items.is_empty() => {
            items.push(items[random.below(items.len())].clone());
            Value::Array(items)
        }
        (Value::Array(mut items), 2) => {
            items.reverse();
            Value::Array(items)
        }
        (Value::Object(members), 2) => Value::Object(members.into_iter().rev().collect()),
        (Value::Object(members), 3) if members.len() == 1 => members.into_iter().next().map_or(Value::Null, |it| it.1),
        (value, 4) => json!({ "@set": [value] }),
        (value, 5) => json!({ "@value": value }),
        (value, 6) => json!({ "@id": value }),
        (value, _) => json!([value]),
    }
}

/// Choices made beforehand, then those that a seed determines (splitmix64).
struct Choices<'c> {
    made: &'c [u8],
    state: u64,
}

impl Choices<'_> {
    const fn seeded(seed: u32) -> Self {
        Self { made: &[], state: seed as u64 }
    }

    fn below(&mut self, end: usize) -> usize {
        let Some((first, rest)) = self.made.split_first_chunk::<2>() else { return self.random_below(end) };
        self.made = rest;
        usize::from(u16::from_le_bytes(*first)) % end
    }

    #[expect(clippy::cast_possible_truncation, reason = "what remains of the division is below a usize")]
    fn random_below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn one_of<'t, T>(&mut self, things: &'t [T]) -> Option<&'t T> {
        if things.is_empty() { None } else { things.get(self.below(things.len())) }
    }

    fn name(&mut self) -> String {
        self.one_of(&KIT.names).cloned().unwrap_or_default()
    }

    fn value(&mut self) -> Value {
        self.one_of(&KIT.values).cloned().unwrap_or_default()
    }
}
