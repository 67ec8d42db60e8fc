"""PostgreSQL: SQL as values, the connections and cursors that carry it out, tables, databases, and our own server.

From the ground up: `fragment` and `query` compose statements; `literals` and `parameters` are the two ways to give them
values (written into the text, as psycopg2 does; or bound by the server); `driver` is what we ask of psycopg; `link`
is one connection, `cursor` one transaction on it, `connection` the pools; `tables` and `databases` know what exists and
change it; `embedded` runs a PostgreSQL of our own.
"""
