"""Which records are there, what is in them, and what must reach the table?

Reading order: the words (commands, decorators, identity, cache, environment), the fields (fields/), what a class
becomes (definition, inheritance, triggers, schema), what a filter becomes (hierarchy, where), what is allowed (access,
constraints), then the facets of a recordset (recordset, search, read, recompute, flush, create, write, unlink,
aggregate) and at the top model.py, their table of contents.
"""
