"""One module a check: pure functions from an authentication and the evidence to check results."""
