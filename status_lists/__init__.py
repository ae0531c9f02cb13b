"""Status list formats: how entries, lists and single statuses are read and written.

One module a format, each keeping the promises of ``ler_trust.contracts.StatusFormat``: pure, stateless,
no I/O. Found by the entry point group ``ler_trust.status_lists``, named by the entry type they read.
"""
