"""DID methods as plugins: pure modules that say where a DID's document is and what it says."""
