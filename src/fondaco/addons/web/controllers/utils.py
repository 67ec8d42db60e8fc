"""Which database does a page serve? The door has the name under which controllers of addons import it."""

from urllib.parse import urlencode

from werkzeug.exceptions import HTTPException

from fondaco.addon import http


def ensure_db(redirect="/web/database/selector"):
    """Choose the database the request asks for (`?db=`) or stop with a redirection to the choice."""
    request = http.request
    wanted = (request.params.get("db") or "").strip() or None
    if wanted and wanted not in http.db_filter([wanted]):
        wanted = None
    if wanted and wanted != request.session.db:
        request.session.logout()
        request.session.db = wanted
        # The same address once more: the session has the database by then, and a copied address asks for it again.
        stop(request.redirect(f"{request.path}?{urlencode(list(request.httprequest.args.items(multi=True)))}", 302))
    if request.db is None:
        stop(request.redirect(redirect, 303))


def stop(response):
    """Answer now, from wherever one is."""
    error = HTTPException(response=response)
    error.code = response.status_code
    raise error
