//! What the fuzz targets share: the kit that `seeds.py` makes, changes to records, and the same records in other words.

pub mod issued;
pub mod kit;
pub mod mutation;
pub mod same;
pub mod signing;
