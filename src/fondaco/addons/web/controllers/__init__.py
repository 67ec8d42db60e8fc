"""The routes of the client, a subject a file."""

from . import action, binary, database, dataset, home, partner, report, session, view, webclient, webmanifest
