"""The other vocabulary: `odoo.*` and `psycopg2` as names for our own objects."""
