"""The web client: the routes it calls, what models gain for it, and the client itself under static/."""

from . import controllers, models
