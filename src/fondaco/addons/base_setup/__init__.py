"""The page of general settings: users, companies, languages, what is printed on documents."""

from . import controllers, models
