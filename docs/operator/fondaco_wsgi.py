"""Fondaco under a WSGI server: copy this file, edit it, and start for example

    gunicorn --chdir /etc/fondaco --workers 4 --bind 127.0.0.1:8069 fondaco_wsgi:application

Jobs and websockets are done by a companion, see docs/operator/wsgi.md.
"""

import os

from fondaco.wsgi import mounted

application = mounted(
    db_host=os.environ.get("DB_HOST", "/var/run/postgresql"),
    db_user=os.environ.get("DB_USER", "fondaco"),
    db_name=["shop"],
    list_db=False,
    proxy_mode=True,
)
