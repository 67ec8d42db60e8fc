"""Words that tests are written with: users to act as, decorators, questions about the database."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import inspect
import logging
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from fondaco.testing.ground import get_db_name, ground

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_logger = logging.getLogger("odoo.tests.common")

SHORTEST_PASSWORD = 8
standalone_tests: dict[str, list[Callable[..., Any]]] = {}


def new_test_user(
    env: Any, login: str = "", groups: str = "base.group_user", context: Any = None, **kwargs: Any
) -> Any:
    """A user with this login and these groups (xmlids, comma separated); the password is the login, filled up with
    x."""
    if not login:
        raise ValueError("new_test_user: give the user a login")
    values: dict[str, Any] = {
        "login": login,
        "name": f"{login} ({groups})",
        "password": login.ljust(SHORTEST_PASSWORD, "x"),
        "email": login if "@" in login else f"{login}@example.com",
        "groups_id": [(6, 0, [env.ref(xmlid.strip()).id for xmlid in groups.split(",") if xmlid.strip()])],
    }
    if kwargs.get("company_id") and not kwargs.get("company_ids"):
        values["company_ids"] = [(6, 0, [kwargs["company_id"]])]
    values.update({name: value for name, value in kwargs.items() if value is not None})
    return env["res.users"].with_context(**(context or {})).create(values)


def save_test_file(
    test_name: str,
    content: bytes | str,
    prefix: str,
    extension: str = "png",
    logger: logging.Logger = _logger,
    document_type: str = "Screenshot",
    date_format: str = "%Y%m%d_%H%M%S_%f",
) -> None:
    """Keep what a test has made, for people to look at, in the folder of `screenshots`; the log says where."""
    kept_in = str(ground().config["screenshots"] or Path(tempfile.gettempdir()) / "odoo_tests")
    folder = Path(kept_in) / get_db_name() / f"{document_type.lower()}s"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{prefix}{datetime.now().strftime(date_format)}_{test_name}.{extension}"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    logger.info("%s of %s: %s", document_type, test_name, path)


def users(*logins: str) -> Callable[[F], F]:
    """Run the test once as each of these users."""

    def decorate(method: F) -> F:
        @functools.wraps(method)
        def as_each(self: Any, *args: Any, **kwargs: Any) -> None:
            found = self.env["res.users"].sudo().with_context(active_test=False).search([("login", "in", logins)])
            by_login = {user.login: user for user in found}
            missing = [login for login in logins if login not in by_login]
            assert not missing, f"no users with the logins {missing}"
            before = self.env
            try:
                for login in logins:
                    with self.subTest(login=login):
                        self.env = before(user=by_login[login].id, su=False)
                        method(self, *args, **kwargs)
                    self.env.invalidate_all()
            finally:
                self.env = before

        return as_each  # type: ignore[return-value]

    return decorate


def warmup(method: F) -> F:
    """Run the test twice: what the first run remembers is not counted, and what it does is undone."""

    @functools.wraps(method)
    def twice(self: Any, *args: Any, **kwargs: Any) -> None:
        self.env.flush_all()
        self.env.invalidate_all()
        self.warm = False
        savepoint = self.env.cr.savepoint()
        try:
            method(self, *args, **kwargs)
        finally:
            savepoint.close(rollback=True)
        self.env.flush_all()
        self.env.invalidate_all()
        self.warm = True
        method(self, *args, **kwargs)

    return twice  # type: ignore[return-value]


def no_retry(arg: T) -> T:
    """Accepted: tests are not tried again here."""
    return arg


def standalone(*tags: str) -> Callable[[F], F]:
    """File a function of tests that need a database of their own; they are not run with the others."""

    def decorate(function: F) -> F:
        for tag in tags:
            standalone_tests.setdefault(tag, []).append(function)
        standalone_tests.setdefault("all", []).append(function)
        return function

    return decorate


def loaded_demo_data(env: Any) -> bool:
    """Whether the database has demonstration data."""
    return bool(env.ref("base.user_demo", raise_if_not_found=False))


def can_import(module: str) -> bool:
    """Whether there is a Python module of this name."""
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


class freeze_time:
    """The clock stands at this moment: for a class of tests, a test, or a block (freezegun does it)."""

    def __init__(self, time_to_freeze: Any) -> None:
        self.time_to_freeze = time_to_freeze
        self._frozen: Any = None

    def _freezer(self) -> Any:
        import freezegun  # noqa: PLC0415 (optional: only tests need it)

        return freezegun.freeze_time(self.time_to_freeze)

    def __call__(self, func: Any) -> Any:
        if not inspect.isclass(func):
            return self._freezer()(func)
        case: Any = func
        set_up_class = case.setUpClass.__func__

        def setUpClass(cls: Any) -> None:
            freezer = self._freezer()
            freezer.start()
            cls.addClassCleanup(freezer.stop)
            set_up_class(cls)

        case.setUpClass = classmethod(setUpClass)
        return func

    def __enter__(self) -> Any:
        self._frozen = self._freezer()
        return self._frozen.start()

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(RuntimeError):
            self._frozen.stop()
