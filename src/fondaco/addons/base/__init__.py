"""What every database has: users, contacts, companies, currencies, languages, and the rows that describe all others."""

from . import models
