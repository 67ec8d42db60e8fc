"""How a user proves who he is: password, API key, the token of his session."""

from __future__ import annotations

import contextlib
import datetime
import hmac
import logging
import time
from hashlib import sha256

from fondaco.addon import SUPERUSER_ID, _, api, fields, models
from fondaco.errors import AccessDenied, UserError
from fondaco.http.current import peer, request
from fondaco.log import LOGINS, one_word
from fondaco.orm.environment import Environment
from fondaco.registry.ormcache import ormcache
from fondaco.registry.transact import transact
from fondaco.security.credentials import CryptContext
from fondaco.security.guesses import network_of
from fondaco.sql.fragment import SQL

from .res_users_refusal import attempt

_logger = logging.getLogger(LOGINS)
HASHING = CryptContext()


def source_address():
    """The address that the request at hand came from, be it for a page or for an RPC service."""
    return peer.get() or "n/a"


@contextlib.contextmanager
def told_when_refused(db, login):
    """A refusal of what happens inside is a line of the log in the documented words: fail2ban reads it."""
    who = one_word(db), one_word(login), source_address()
    try:
        yield
    except AccessDenied:
        _logger.info("Login failed for db:%s login:%s from %s", *who)
        raise


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
        if not secret:
            return False
        return self.env["res.users.apikeys"]._check_credentials(scope="rpc", key=secret) == self.env.uid

    @api.model
    def change_password(self, old_passwd, new_passwd):
        """Change one's own password; the old one is asked for again."""
        if not old_passwd:
            raise AccessDenied
        self._confirm(old_passwd)
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
        login = credential["login"]
        with told_when_refused(db, login), cls._attempting(login):
            with cls.pool.cursor() as cr:
                users = Environment(cr, SUPERUSER_ID, {})[cls._name]
                outcome = users._admit(credential, user_agent_env)
                users.env.flush_all()
                cr.commit()
        if not user_agent_env["interactive"]:
            cls._tell_login(db, login)
        return outcome

    @staticmethod
    def _tell_login(db, login):
        """A line for who is in: with a call, or, on pages, once every step is done."""
        _logger.info("Login successful for db:%s login:%s from %s", one_word(db), one_word(login), source_address())

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
        with cls.pool.cursor() as cr:
            login = Environment(cr, uid, {}).user.login
        # That transaction has ended: failures are counted beside, and many guesses that each hold a connection while
        # they wait for another one would wait for each other, behind a pooler of few.

        def confirm(env):
            if not env.user.active:
                raise AccessDenied
            credential = {"login": login, "password": passwd, "type": "password"}
            env[cls._name]._check_credentials(credential, {"interactive": False})

        with told_when_refused(db, login), cls._attempting(login):
            transact(cls.pool, confirm, uid=uid)

    def _update_last_login(self):
        """Note the moment; rows are swept daily, the last one of each user stays."""
        self.env["res.users.log"].with_user(self).sudo().create({})

    def _confirm(self, password):
        """Refuse unless `password` is that of the user at work: he is asked again before what matters."""
        credential = {"login": self.env.user.login, "password": password, "type": "password"}
        with told_when_refused(self.env.cr.dbname, credential["login"]), self._assert_can_auth(credential["login"]):
            return self.env.user._check_credentials(credential, {"interactive": True})

    def _assert_can_auth(self, user=None):
        """As `_attempting`, for those who have users at hand."""
        return type(self)._attempting(user)

    @classmethod
    @contextlib.contextmanager
    def _attempting(cls, login):
        """Refuse an address that failed too often of late, and count its failures."""
        source = network_of(source_address())
        if source is None:
            yield
            return

        def check(env, failures, last):
            if not env[cls._name]._on_login_cooldown(failures, last):
                return
            _logger.warning(
                "Login attempt ignored for %s (user %r) on %s: %d failures since last success, last failure at %s.",
                source_address(),
                one_word(login or "?"),
                env.cr.dbname,
                failures,
                last,
            )
            raise AccessDenied(env._("Too many log-ins failed from here: wait a minute, then try again."))

        with attempt(cls.pool, source, check):
            yield

    def _on_login_cooldown(self, failures, previous):
        """Whether somebody who failed so often, the last time at `previous` (UTC), has to wait."""
        parameters = self.env["ir.config_parameter"].sudo()
        least = int(parameters.get_param("base.login_cooldown_after", 5))
        if least == 0:
            return False
        seconds = int(parameters.get_param("base.login_cooldown_duration", 60))
        return failures >= least and fields.Datetime.now() - previous < datetime.timedelta(seconds=seconds)

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
