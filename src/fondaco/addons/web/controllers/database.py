"""Which databases are there: to choose from, to list."""

from fondaco.addon import _, http
from fondaco.errors import AccessDenied

from . import pages
from .frontend import FRONTEND, plan_of


class Database(http.Controller):
    @http.route("/web/database/selector", type="http", auth="none", readonly=True)
    def selector(self, **kw):
        return self._page()

    @http.route("/web/database/manager", type="http", auth="none", readonly=True)
    def manager(self, **kw):
        return self._page()

    def _page(self):
        try:
            return pages.selector_page(plan_of(FRONTEND), http.db_list())
        except AccessDenied:
            return pages.selector_page(
                plan_of(FRONTEND), [], message=_("The list of databases is switched off on this server.")
            )

    @http.route("/web/database/list", type="json", auth="none", readonly=True)
    def list(self):
        return http.db_list()
