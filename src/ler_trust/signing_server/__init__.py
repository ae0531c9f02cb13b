"""``ler-trust signer``: holds issuers' keys, in a file or in hardware, and signs for a service elsewhere.

A process of its own: neither a key nor the module of a hardware token is ever in the service that the world
reaches.
"""
