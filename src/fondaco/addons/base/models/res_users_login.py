"""How a user proves who he is: password, API key, the token of his session."""

from __future__ import annotations

import contextlib
import datetime
import hmac
import logging
import time
from hashlib import sha256
from urllib.parse import quote

from fondaco.addon import SUPERUSER_ID, _, api, fields, models
from fondaco.errors import AccessDenied, UserError
from fondaco.http.current import peer, request
from fondaco.orm.environment import Environment
from fondaco.registry.ormcache import ormcache
from fondaco.security.credentials import CryptContext
from fondaco.sql.fragment import SQL

_logger = logging.getLogger("odoo.addons.base.models.res_users")
HASHING = CryptContext()
# (source address) -> (failures, moment of the last): kept by process, as the answer to guessing.
FAILURES: dict[str, tuple[int, datetime.datetime]] = {}
NO_FAILURE = (0, datetime.datetime.min)
MOST_ADDRESSES = 10_000


LONGEST_WORD = 200  # characters of a log-in name that a log line shows


def one_word(text):
    """What a stranger typed, as one word of a log line: nothing in it reads as the end or the start of a line.

    Spaces, line ends, quotes and what cannot be printed are written as in a URL, %20.
    """
    shown = str(text)[:LONGEST_WORD]
    odd = {char for char in shown if not char.isprintable() or char.isspace() or char in "%\"'"}
    return "".join(quote(char, safe="", errors="replace") if char in odd else char for char in shown) or "-"


def source_address():
    """The address that the request at hand came from, be it for a page or for an RPC service."""
    return peer.get() or "n/a"


class UsersLogin(models.Model):
    _inherit = "res.users"

    # -- passwords ------------------------------------------------------------------------------------------------

    def _crypt_context(self):
        """How passwords are hashed."""
        return HASHING

    def _compute_password(self):
        for user in self:
            user.password = ""
            user.new_password = ""

    def _set_password(self):
        given = {user: user.password for user in self if user.password}
        for user, password in given.items():
            self._set_encrypted_password(user.id, self._crypt_context().hash(password))
        self.invalidate_recordset(["password"], flush=False)

    def _set_new_password(self):
        for user in self:
            if not user.new_password:
                continue  # an empty field means: leave it
            if user == self.env.user:
                raise UserError(_("Change your own password in your preferences."))
            user.password = user.new_password

    def _set_encrypted_password(self, uid, pw):
        assert self._crypt_context().identify(pw) is not None
        self.env.cr.execute("UPDATE res_users SET password = %s WHERE id = %s", (pw, uid))
        self.browse(uid).invalidate_recordset(["password"], flush=False)
        self.env.registry.clear_cache("default", "users")

    def _check_credentials(self, credential, env):
        """Refuse unless `credential` {'type', 'password'} is that of this user; says how it was checked."""
        if credential["type"] != "password":
            raise AccessDenied
        user, secret = self.env.user, credential["password"] or ""
        method = None
        if env["interactive"]:
            method = user._is_password(secret) and "password"
        elif user._rpc_api_keys_only():
            method = user._is_api_key(secret) and "apikey"
        else:
            method = (user._is_password(secret) and "password") or (user._is_api_key(secret) and "apikey")
        if not method:
            raise AccessDenied
        return {"uid": user.id, "auth_method": method, "mfa": "default"}

    def _is_password(self, secret):
        """Whether it is the password of the user; one hashed in a way of the past is hashed anew."""
        ((stored,),) = self.env.execute_query(SQL("SELECT password FROM res_users WHERE id = %s", self.id))
        is_right, rehashed = self._crypt_context().verify_and_update(secret, stored or "")
        if rehashed is not None:
            self._set_encrypted_password(self.id, rehashed)
            if request and request.session.uid == self.env.uid:  # else the new hash would end this very session
                request.session.session_token = self._compute_session_token(request.session.sid)
        return is_right

    def _is_api_key(self, secret):
        return self.env["res.users.apikeys"]._check_credentials(scope="rpc", key=secret) == self.env.uid

    @api.model
    def change_password(self, old_passwd, new_passwd):
        """Change one's own password; the old one is asked for again."""
        if not old_passwd:
            raise AccessDenied
        self._check_credentials(
            {"login": self.env.user.login, "password": old_passwd, "type": "password"}, {"interactive": True}
        )
        self.env.user._change_password(new_passwd)
        return True

    def _change_password(self, new_passwd):
        password = new_passwd.strip()
        if not password:
            raise UserError(_("A password cannot be empty."))
        _logger.info(
            "password changed user=%s uid=%d by=%s from=%s",
            one_word(self.login),
            self.id,
            one_word(self.env.user.login),
            source_address(),
        )
        self.password = password

    # -- logging in -----------------------------------------------------------------------------------------------

    @api.model
    def _get_login_domain(self, login):
        return [("login", "=", login)]

    @api.model
    def _get_email_domain(self, email):
        return [("email", "=", email)]

    @api.model
    def _get_login_order(self):
        return self._order

    @classmethod
    def _login(cls, db, credential, user_agent_env):
        """{'uid', 'auth_method', 'mfa'} for a login and password; AccessDenied, without a word why, otherwise."""
        who = one_word(db), one_word(credential["login"]), source_address()
        try:
            with cls.pool.cursor() as cr:
                users = Environment(cr, SUPERUSER_ID, {})[cls._name]
                with users._assert_can_auth(user=credential["login"]):
                    outcome = users._admit(credential, user_agent_env)
                users.env.flush_all()
                cr.commit()
        except AccessDenied:
            _logger.info("Login failed for db:%s login:%s from %s", *who)  # fail2ban reads it
            raise
        _logger.info("Login successful for db:%s login:%s from %s", *who)
        return outcome

    def _admit(self, credential, user_agent_env):
        """Who the credential is of, and how that was found; the visit is noted."""
        domain = self._get_login_domain(credential["login"])
        found = self.search(domain, order=self._get_login_order(), limit=1)
        if not found:
            # takes as long as a wrong password: who has an account here is nobody's business
            self._crypt_context().verify(str(credential.get("password") or ""), None)
            raise AccessDenied
        user = found.with_user(found)
        outcome = user._check_credentials(credential, user_agent_env)
        zone = request.httprequest.cookies.get("tz") if request else None
        is_first = not user.tz or not user.login_date
        if is_first and zone in dict(self._fields["tz"].get_values_pairs(self.env)):
            user.tz = zone
        user._update_last_login()
        return outcome

    @classmethod
    @api.private
    def authenticate(cls, db, credential, user_agent_env):
        """As `_login`; an administrator who logs in from a page settles the address of this server."""
        outcome = cls._login(db, credential, user_agent_env=user_agent_env)
        base = user_agent_env and user_agent_env.get("base_location")
        if base:
            with cls.pool.cursor() as cr:
                Environment(cr, outcome["uid"], {})[cls._name]._settle_address(base)
                cr.commit()
        return outcome

    def _settle_address(self, base):
        """Links in mails lead to where an administrator was seen, unless that was frozen."""
        parameters = self.env["ir.config_parameter"].sudo()
        is_free = self.env.user.has_group("base.group_system") and not parameters.get_param("web.base.url.freeze")
        if is_free and parameters.get_param("web.base.url") != base:
            parameters.set_param("web.base.url", base)
            self.env.flush_all()

    @classmethod
    @api.private
    def check(cls, db, uid, passwd):
        """Refuse unless `passwd` is the password, or an API key, of user `uid`: each RPC asks this."""
        if not passwd:
            raise AccessDenied
        with contextlib.closing(cls.pool.cursor()) as cr:
            self = Environment(cr, uid, {})[cls._name]
            with self._assert_can_auth(user=uid):
                if not self.env.user.active:
                    raise AccessDenied
                credential = {"login": self.env.user.login, "password": passwd, "type": "password"}
                self._check_credentials(credential, {"interactive": False})
            self.env.flush_all()
            cr.commit()

    def _update_last_login(self):
        """Note the moment; rows are swept daily, the last one of each user stays."""
        self.env["res.users.log"].with_user(self).sudo().create({})

    @contextlib.contextmanager
    def _assert_can_auth(self, user=None):
        """Refuse an address that failed too often of late, and count its failures."""
        source = source_address()
        if source == "n/a":
            yield
            return
        failures, last = FAILURES.get(source, NO_FAILURE)
        if self._on_login_cooldown(failures, last):
            _logger.warning(
                "Login attempt ignored for %s (user %r) on %s: %d failures since last success, last failure at %s.",
                source,
                one_word(user or "?"),
                self.env.cr.dbname,
                failures,
                last,
            )
            raise AccessDenied(_("Too many log-ins failed from here: wait a minute, then try again."))
        try:
            yield
        except AccessDenied:
            failures, _last = FAILURES.pop(source, NO_FAILURE)
            if len(FAILURES) >= MOST_ADDRESSES:
                FAILURES.pop(next(iter(FAILURES)), None)  # the one that has been quiet the longest
            FAILURES[source] = (failures + 1, datetime.datetime.now())
            raise
        FAILURES.pop(source, None)

    def _on_login_cooldown(self, failures, previous):
        parameters = self.env["ir.config_parameter"].sudo()
        least = int(parameters.get_param("base.login_cooldown_after", 5))
        if least == 0:
            return False
        seconds = int(parameters.get_param("base.login_cooldown_duration", 60))
        return failures >= least and datetime.datetime.now() - previous < datetime.timedelta(seconds=seconds)

    # -- sessions -------------------------------------------------------------------------------------------------

    @api.model
    def _get_session_token_fields(self):
        """Names of the columns whose change ends the user's sessions."""
        return {"id", "login", "password", "active"}

    @ormcache("self.id", "sid")
    def _compute_session_token(self, sid):
        """What a session holds to stay valid: it changes with login, password and activity of the user."""
        names = sorted(self._get_session_token_fields())
        rows = self.env.execute_query(
            SQL(
                "SELECT %s, (SELECT value FROM ir_config_parameter WHERE key = 'database.secret')"
                " FROM res_users WHERE id = %s",
                SQL(", ").join(SQL.identifier(name) for name in names),
                self.id,
            )
        )
        if len(rows) != 1:
            self.env.registry.clear_cache("default", "users")
            return False
        return hmac.new(f"{rows[0]}".encode(), sid.encode(), sha256).hexdigest()

    @api.model
    def _deactivate_portal_user(self, **post):
        """Take portal users out of use and queue them for deletion."""
        refused = self.filtered(lambda user: not user.share)
        if refused:
            raise UserError(
                _(
                    "Only portal users may have their accounts deleted; these are none: %s",
                    ", ".join(refused.mapped("name")),
                )
            )
        queued = []
        for user in self:
            user.write({"login": f"__deleted_user_{user.id}_{time.time()}", "password": "", "api_key_ids": False})
            queued.append({"user_id": user.id, "state": "todo"})
            user.active = False
        self.env["res.users.deletion"].create(queued)


class UsersLog(models.Model):
    _name = "res.users.log"
    _description = "Users Log"
    _order = "id desc"

    @api.autovacuum
    def _gc_user_logs(self):
        self.env.cr.execute(
            """
            DELETE FROM res_users_log
             WHERE id NOT IN (SELECT DISTINCT ON (create_uid) id FROM res_users_log ORDER BY create_uid, id DESC)
            """
        )
