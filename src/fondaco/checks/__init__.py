"""What must hold before a server goes live: one check for each line of the go-live checklist, each with evidence.

A check looks at a `Site` (settings, host, proxy, pooler, PostgreSQL, the public address) and gives a `Finding`. None
changes anything, but for those that know a safe `fix`, which is carried out on request.
"""
