"""Which files the browser gets, in which order, under which address.

Read upwards: bundles, javascript, joined, page.
"""
