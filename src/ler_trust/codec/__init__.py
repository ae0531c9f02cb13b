"""Reading and writing the forms that records, keys and identifiers come in. Pure: bytes in, values out."""
