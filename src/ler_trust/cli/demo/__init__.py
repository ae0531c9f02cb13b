"""``ler-trust demo``: the whole service at work for a minute, counted and compared."""
