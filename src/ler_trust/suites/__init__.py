"""Signatures over credentials: what was signed, by which key, and whether it holds. Pure."""
