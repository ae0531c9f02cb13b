"""What runs in a process of its own, pinned to a core; :mod:`tests.bench.processes` speaks to them."""
