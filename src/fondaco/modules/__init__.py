"""Which code, which data, in which state: the modules of a database, from manifest to installed."""
