"""What clients learn from an error's class."""

import psycopg
import pytest

from fondaco import errors
from fondaco.errors import public_name


@pytest.mark.parametrize(
    "error, name",
    [
        (errors.UserError("x"), "odoo.exceptions.UserError"),
        (errors.ValidationError("x"), "odoo.exceptions.ValidationError"),
        (KeyError("x"), "builtins.KeyError"),
        (psycopg.errors.UniqueViolation("x"), "psycopg2.errors.UniqueViolation"),
    ],
)
def test_public_names(error, name):
    assert public_name(error) == name


def test_a_refused_login_tells_nothing():
    try:
        try:
            raise KeyError("no such user")
        except KeyError as cause:
            raise errors.AccessDenied() from cause
    except errors.AccessDenied as denied:
        denied.suppress_traceback()

        assert denied.args == ("Access Denied",) and denied.__cause__ is None and denied.__traceback__ is None


def test_a_redirect_carries_its_button():
    warning = errors.RedirectWarning("Configure first", 7, "Go")

    assert warning.args == ("Configure first", 7, "Go", None)
