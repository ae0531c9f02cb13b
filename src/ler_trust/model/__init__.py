"""Frozen values that travel between the rooms. Nothing here does I/O or reads a clock."""
