"""Work that others do later: asked for in a transaction, done after its commit by the workers of scheduled jobs.

Reading order: wire (what a call needs, as JSON), queue (the table: put, take, settle), runner (one job from its taking
to its end).
"""
