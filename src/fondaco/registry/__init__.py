"""Which models, fields and caches does one database have, and how does work run on them?"""
