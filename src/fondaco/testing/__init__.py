"""Tests of addons: the cases they are written in, which of them run, and how what came of it is told.

`cases`, `browser` and `form` are what addons write tests with, `discover`, `tags` and `run` what runs them.
"""
