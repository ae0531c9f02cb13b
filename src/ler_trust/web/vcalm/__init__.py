"""The W3C's HTTP interface for credentials (VCALM), under ``/instances/{name}``, ``name`` being a tenant."""
