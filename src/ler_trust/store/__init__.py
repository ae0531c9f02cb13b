"""Stores of record, and doubles of them: everything here keeps the promises of ``contracts.Store``."""
