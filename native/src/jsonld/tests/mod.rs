//! What documents become, and what is refused; the W3C test suite.

mod n_quads;
mod safe_mode;
mod w3c;
