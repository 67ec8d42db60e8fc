"""Fondaco: a multi-tenant business-application server that speaks the protocols of Odoo 18."""

VERSION = "0.2.0"
"""Version of Fondaco itself."""

SERIES = "18.0"
"""Series of the protocols and addons that this version speaks; clients are told this number."""
