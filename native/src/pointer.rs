//! JSON pointers (RFC 6901), which say where in a record a finding was made.

/// The pointer to the member `name` of the value at `pointer`.
#[must_use]
pub fn child(pointer: &str, name: &str) -> String {
    let mut path = String::with_capacity(pointer.len() + name.len() + 1);
    path.push_str(pointer);
    path.push('/');
    for character in name.chars() {
        match character {
            '~' => path.push_str("~0"),
            '/' => path.push_str("~1"),
            other => path.push(other),
        }
    }
    path
}

/// The pointer to the element `index` of the array at `pointer`.
#[must_use]
pub fn element(pointer: &str, index: usize) -> String {
    format!("{pointer}/{index}")
}
