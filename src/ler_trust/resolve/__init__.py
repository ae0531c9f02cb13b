"""Finds the documents that bind keys to identifiers: DID methods, a cache, one flight a document."""
