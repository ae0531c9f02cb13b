"""The command line: ``ler-trust``, one module a command, working on the configured database directly."""
