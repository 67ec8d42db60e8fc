"""Calls from other programs: what may be called (`call`), under which service names (`services`), on which wire
(`xmlrpc`)."""
