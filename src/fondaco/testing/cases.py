"""The classes that tests of addons extend: a transaction for a class, a savepoint for each of its tests.

class TestOrder(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls.env["sale.order"].create({})      # once for the class
    def test_total(self): ...                             # what it changes is undone after it
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Collection, Iterator
from typing import Any, ClassVar, NoReturn
from unittest.mock import patch
from urllib.parse import urlsplit

import requests

from fondaco.alias.profiling import Profiler
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.registry.registry import Registry
from fondaco.sql.cursor import Cursor, Savepoint
from fondaco.testing.asserts import RecordAsserts
from fondaco.testing.ground import ground
from fondaco.testing.snapshot import RegistrySnapshot
from fondaco.testing.tags import DEFAULT_TAGS

_logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
LOOPBACK = frozenset({HOST, "localhost", "::1", ""})
_ENDING_FORBIDDEN = (
    "cr.{name}() inside a test: the transaction belongs to the test and is rolled back after it. "
    "Use `with cr.savepoint():`, or a cursor of your own (self.registry.cursor())"
)


class BlockedRequest(requests.exceptions.ConnectionError):
    """Tests reach no other machine; override `_request_handler` of the case to answer in its place."""


class MetaCase(type):
    """Gives every class of tests the name of its addon."""

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
        super().__init__(name, bases, attrs)
        module = attrs.get("__module__", "")
        if module.startswith("odoo.addons."):
            cls.test_module = module.split(".")[2]
            cls.test_class = name


class BaseCase(RecordAsserts, metaclass=MetaCase):
    """What the cases share. It opens no transaction."""

    longMessage = True
    test_tags: ClassVar[Collection[str]] = DEFAULT_TAGS
    test_module: ClassVar[str] = ""
    test_sequence: ClassVar[int] = 0
    """Classes with lower numbers run first."""
    registry: Any
    cr: Any
    env: Any

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()

        def send(session: Any, request: Any, **options: Any) -> Any:
            return cls._request_handler(session, request, **options)

        cls.startClassPatcher(patch.object(requests.Session, "send", send))

    @classmethod
    def _request_handler(cls, s: Any, r: Any, /, **kw: Any) -> Any:
        """Answer a request that the code under test makes to a web server: only those on this machine go through."""
        host = urlsplit(r.url).hostname or ""
        if host in LOOPBACK:
            return _SEND(s, r, **kw)
        raise BlockedRequest(f"{r.method} {r.url}: tests make no requests to other machines")

    def shortDescription(self) -> None:
        """None: tests are known by their names."""

    # -- records -----------------------------------------------------------------------------------------------------
    def ref(self, xid: str) -> int:
        """The id of the record with this xmlid."""
        return int(self.browse_ref(xid).id)

    def browse_ref(self, xid: str) -> Any:
        """The record with this xmlid."""
        assert "." in xid, f"{xid!r}: an xmlid has the form module.name"
        return self.env.ref(xid)

    @property
    def uid(self) -> int:
        """The user of `env`; set, `env` is that user's."""
        return int(self.env.uid)

    @uid.setter
    def uid(self, user: Any) -> None:
        self.env = self.env(user=user)

    @contextlib.contextmanager
    def with_user(self, login: str) -> Iterator[None]:
        """Within it, `env` is that of the user with this login."""
        before = self.uid
        try:
            user = self.env["res.users"].sudo().search([("login", "=", login)])
            assert user, f"no user has the login {login!r}"
            self.uid = user.id
            self.env = self.env(su=False)
            yield
        finally:
            self.uid = before
            self.env = self.env(su=before == SUPERUSER_ID)

    @contextlib.contextmanager
    def debug_mode(self) -> Iterator[None]:
        """Within it, the user sees what is shown in developer mode (group base.group_no_one)."""
        users = type(self.env["res.users"])
        has_group = users.has_group

        def has_group_in_debug_mode(user: Any, group_ext_id: str) -> bool:
            return group_ext_id == "base.group_no_one" or bool(has_group(user, group_ext_id))

        self.env.registry.clear_cache("templates")
        with patch.object(users, "has_group", has_group_in_debug_mode):
            yield
        self.env.registry.clear_cache("templates")

    def cursor(self) -> Cursor:
        """Another transaction on the database."""
        found: Cursor = self.registry.cursor()
        return found

    # -- patches that end with the test -----------------------------------------------------------------------------
    def patch(self, obj: Any, key: str, val: Any) -> None:
        """Have `obj.key` be `val` until the test ends."""
        self.startPatcher(patch.object(obj, key, val))

    @classmethod
    def classPatch(cls, obj: Any, key: str, val: Any) -> None:
        """Have `obj.key` be `val` until the class ends."""
        cls.startClassPatcher(patch.object(obj, key, val))

    def startPatcher(self, patcher: Any) -> Any:
        """Start a patch of unittest.mock that ends with the test; answers what it answers."""
        started = patcher.start()
        self.addCleanup(patcher.stop)
        return started

    @classmethod
    def startClassPatcher(cls, patcher: Any) -> Any:
        """The same until the class ends."""
        started = patcher.start()
        cls.addClassCleanup(patcher.stop)
        return started

    # -- claims ------------------------------------------------------------------------------------------------------
    def assertRaises(self, exception: Any, func: Any = None, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """As unittest's; what was done in the database until the exception is undone, so that the test can go on."""
        if func is None:
            return self._raises(exception, **kwargs)
        with self._raises(exception):
            func(*args, **kwargs)
        return None

    @contextlib.contextmanager
    def _raises(self, exception: Any, **options: Any) -> Iterator[Any]:
        with super().assertRaises(exception, **options) as caught:
            env = getattr(self, "env", None)
            if env is None or env.cr.closed:
                yield caught
                return
            with env.cr.savepoint():
                yield caught

    @contextlib.contextmanager
    def profile(self, description: str = "", **kwargs: Any) -> Iterator[Any]:
        """Within it, the profiler runs."""
        with Profiler(description=description or self.id(), db=None, **kwargs) as profiler:
            yield profiler


_SEND: Callable[..., Any] = requests.Session.send


class _InTransaction(BaseCase):
    """A transaction for the class, never committed."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.registry = ground().registry
        snapshot = RegistrySnapshot(cls.registry)
        cls.addClassCleanup(snapshot.restore)
        cls.cr = cls.registry.cursor()
        cls.addClassCleanup(_close, cls.cr, cls.registry)
        for name in ("commit", "rollback"):
            setattr(cls.cr, name, _forbidden(name))
        cls.env = Environment(cls.cr, SUPERUSER_ID, {})
        cls._hash_passwords_fast()

    @classmethod
    def _hash_passwords_fast(cls) -> None:
        """Hashes are slow by design, and tests make many users: one round will do until the class ends."""
        users = cls.registry.get("res.users")
        if users is None:
            return
        context_of = users._crypt_context

        def _crypt_context(user: Any) -> Any:
            return context_of(user).copy(pbkdf2_sha512__rounds=1)

        cls.startClassPatcher(patch.object(users, "_crypt_context", _crypt_context))


class TransactionCase(_InTransaction):
    """One transaction for the class, a savepoint for each test: what a test changes, the next one does not see."""

    def setUp(self) -> None:
        super().setUp()
        # Whatever the instance replaces (`self.env = ...`) ends with the test: it hides what the class has.
        self.env = type(self).env
        snapshot = RegistrySnapshot(self.registry)
        self.addCleanup(snapshot.restore, self.cr)
        savepoint = self.cr.savepoint()
        self.addCleanup(_undo, savepoint, self.registry)

    @classmethod
    @contextlib.contextmanager
    def allow_pdf_render(cls) -> Iterator[None]:
        """Within it, reports are rendered to PDF; they always are here."""
        yield


class SingleTransactionCase(_InTransaction):
    """One transaction for all tests of the class, which see what those before them did. They run in order of name."""

    def setUp(self) -> None:
        super().setUp()
        self.env.flush_all()


SavepointCase = TransactionCase


def _forbidden(name: str) -> Callable[[], NoReturn]:
    def refuse() -> NoReturn:
        raise AssertionError(_ENDING_FORBIDDEN.format(name=name))

    return refuse


def _undo(savepoint: Savepoint, registry: Registry) -> None:
    savepoint.close(rollback=True)
    registry.forget_rolled_back()


def _close(cursor: Cursor, registry: Registry) -> None:
    del cursor.commit, cursor.rollback  # the cursor's own again
    cursor.close()
    registry.forget_rolled_back()
