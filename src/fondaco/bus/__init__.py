"""News for those who are connected: sent in a transaction, delivered after its commit, in order, once.

Reading order: notify (sending), feed (which rows are new and final), protocol (frames and messages, without I/O), hub
(who hears what), connection (one client), inquiries (what the loop asks of sessions and databases), worker (the loop).
"""
