"""The routes of the client, a subject a file."""

from . import action, binary, database, dataset, home, partner, session, view, webclient, webmanifest
