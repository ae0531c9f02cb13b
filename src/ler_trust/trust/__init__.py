"""Issuer registries: statements of who may issue what, where and when, and the answers they give."""
