"""Which databases are there, and how are they made, copied, dumped, restored and deleted from a browser?

Every change asks for the master password in its own form. Before one begins, the transaction of the request ends: the
database it stands on may be the one that goes away.
"""

import logging
import os
from datetime import UTC, datetime

import psycopg
from werkzeug.wsgi import wrap_file

from fondaco.addon import _, http
from fondaco.errors import AccessDenied, FondacoError, UserError
from fondaco.modules import databases
from fondaco.rpc.master import TooManyGuesses
from fondaco.sql.databases import check_name
from fondaco.values.deferred import Postponed

from . import pages
from .frontend import FRONTEND, plan_of

dumps, restore = Postponed("fondaco.modules.dumps"), Postponed("fondaco.modules.restore")
database_pages = Postponed(f"{__package__}.database_pages")

_logger = logging.getLogger(__name__)

MANAGER = "/web/database/manager"
SECRETS = ("master_pwd", "master_pwd_new", "password")
EXPECTED = (UserError, FondacoError, psycopg.Error, OSError)
BINARY = "application/octet-stream; charset=binary"


class Database(http.Controller):
    @http.route("/web/database/selector", type="http", auth="none", readonly=True)
    def selector(self, **kw):
        try:
            names = http.db_list()
        except AccessDenied:
            return self._page()
        if not names:
            return self._page()
        return framed(pages.selector_page(plan_of(FRONTEND), names, manager=MANAGER))

    @http.route(MANAGER, type="http", auth="none", readonly=True)
    def manager(self, **kw):
        return self._page()

    @http.route("/web/database/list", type="json", auth="none", readonly=True)
    def list(self):
        return http.db_list()

    # -- changes -----------------------------------------------------------------------------------------------------
    @http.route("/web/database/create", type="http", auth="none", methods=["POST"], csrf=False, readonly=True)
    def create(self, master_pwd, name, lang, password, **post):
        def work(service):
            check_name(name)
            country = post.get("country_code") or None
            service.exp_create_database(
                name, bool(post.get("demo")), lang, password, post.get("login") or "admin", country, post.get("phone")
            )
            session = http.request.session
            if session.uid is not None:
                session.logout()
            session.db = name
            return http.request.redirect("/odoo")

        return self._answer("create", _("The database was not created: %s"), master_pwd, work)

    @http.route("/web/database/duplicate", type="http", auth="none", methods=["POST"], csrf=False, readonly=True)
    def duplicate(self, master_pwd, name, new_name, neutralize_database=False):
        def work(service):
            service.require_management()
            databases.duplicate(service.registries, name, new_name, neutralized=is_yes(neutralize_database))
            return self._done()

        return self._answer("duplicate", _("The database was not duplicated: %s"), master_pwd, work)

    @http.route("/web/database/drop", type="http", auth="none", methods=["POST"], csrf=False, readonly=True)
    def drop(self, master_pwd, name, typed_name=None):
        """typed_name: what the form of the page asks for, so that nobody deletes another one than he means."""

        def work(service):
            if typed_name not in (None, name):
                raise UserError(_("its name is %(name)s, not %(typed)s", name=name, typed=typed_name))
            service.exp_drop(name)
            session = http.request.session
            if session.db == name:
                session.logout()
                session.db = None
            return self._done()

        return self._answer("drop", _("The database was not deleted: %s"), master_pwd, work)

    @http.route("/web/database/backup", type="http", auth="none", methods=["POST"], csrf=False, readonly=True)
    def backup(self, master_pwd, name, backup_format="zip"):
        def work(service):
            file = service.dump_db(name, None, backup_format)
            return download(file, f"{name}_{datetime.now(UTC):%Y-%m-%d_%H-%M-%S}.{backup_format}")

        return self._answer("backup", _("The database was not backed up: %s"), master_pwd, work)

    @http.route("/web/database/restore", type="http", auth="none", methods=["POST"], csrf=False, readonly=True)
    def restore(self, master_pwd, backup_file, name, copy=False, neutralize_database=False):
        def work(service):
            service.require_management()
            with backup_file.stream as dump:
                restore.restore(
                    service.registries, name, dump, copy=is_yes(copy), neutralized=is_yes(neutralize_database)
                )
            return self._done()

        return self._answer("restore", _("The database was not restored: %s"), master_pwd, work)

    @http.route("/web/database/change_password", type="http", auth="none", methods=["POST"], csrf=False, readonly=True)
    def change_password(self, master_pwd, master_pwd_new):
        def work(service):
            service.exp_change_admin_password(master_pwd_new)
            return self._done()

        return self._answer("change_password", _("The master password was not changed: %s"), master_pwd, work)

    # -- answers -----------------------------------------------------------------------------------------------------
    def _answer(self, action, sentence, master_pwd, work):
        """What `work` answers when the master password is right; the page with the reason otherwise."""
        request = http.request
        service = request.app.services["db"]
        if request.env is not None:
            request.env.cr.commit()
        try:
            service.check_super(master_pwd)
            return work(service)
        except EXPECTED as error:
            if not isinstance(error, AccessDenied):
                _logger.warning("%s of a database refused: %s: %s", action, type(error).__name__, error)
            reason = str(error).strip()
            if isinstance(error, TooManyGuesses):
                reason = _("too many wrong master passwords came from here: wait a minute, then try again.")
            elif isinstance(error, AccessDenied):
                reason = _("the master password is wrong.")
            typed = {
                key: value for key, value in request.params.items() if key not in SECRETS and isinstance(value, str)
            }
            return self._page(database_pages.Failure(action, sentence % reason, typed))

    def _done(self):
        """Back to the page."""
        return http.request.redirect(MANAGER)

    def _page(self, failure=None):
        service = http.request.app.services["db"]
        refusal, names, status = "", [], 200
        try:
            names = http.db_list()
        except AccessDenied:
            refusal, status = refusal_of_lists(http.request), 403
        if not refusal and not service.master.is_set:
            refusal = _(
                "Databases are not managed from here until there is a master password: set admin_passwd in the "
                "configuration file to one that nobody guesses. On the server, `fondaco db` needs none."
            )
        choices = database_pages.Choices(service.exp_list_lang(), service.exp_list_countries())
        html = database_pages.manager_page(plan_of(FRONTEND), names, choices, failure=failure, refusal=refusal)
        return framed(html, status)


def refusal_of_lists(request):
    """Why there is nothing to see here; with the setting that is missing when nobody gets in this way."""
    switched_off = _("Databases are not managed from here: the administrator has switched it off (list_db).")
    if request.db is not None:
        return switched_off
    missing = _(
        "No database belongs to this address, and with list_db = False none can be chosen. The administrator tells "
        "which one is meant with dbfilter (by host name) or db_name (one database)."
    )
    return f"{switched_off} {missing}"


def framed(html, status=200):
    """A page that no other site may put into a frame: it asks for a password."""
    response = http.request.make_response(html, status=status)
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
    response.headers["Cache-Control"] = "no-store"
    return response


def download(file, filename):
    """A response that sends `file` from the disk and closes it."""
    size = os.fstat(file.fileno()).st_size
    response = http.Response(wrap_file(http.request.environ, file), direct_passthrough=True)
    response.headers["Content-Type"] = BINARY
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = http.content_disposition(filename)
    return response


def is_yes(value):
    """Whether a box of a form was ticked."""
    return value in (True, "on", "true", "True", "1")
