"""The pages between password and client."""

from . import home
