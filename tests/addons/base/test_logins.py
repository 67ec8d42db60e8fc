"""What the log says of log-ins: one line each, which nobody at the door can forge."""

from __future__ import annotations

import logging
import re
import uuid

import psycopg
import pytest

from fondaco.errors import AccessDenied
from fondaco.log import one_word
from fondaco.orm.environment import Environment

# As a jail has it: the address that is banned is the one after the last "from".
FAILREGEX = re.compile(r"Login failed for db:\S+ login:\S+ from (?P<host>\S+)$")

HOSTILE = {
    "plain": "admin",
    "space": "ad min",
    "another address": "x from 10.9.9.9",
    "another line": "x\nLogin failed for db:a login:b from 10.9.9.9",
    "line separator": "x\u2028Login failed for db:a login:b from 10.9.9.9",
    "escape": "\x1b[2Jx",
    "empty": "",
    "lone surrogate": "\ud800",
    "long": "x" * 5000,
}


@pytest.mark.parametrize("login", HOSTILE.values(), ids=HOSTILE)
def test_a_login_is_one_word_of_its_line(login: str) -> None:
    line = f"Login failed for db:d login:{one_word(login)} from 10.0.0.1"

    found = FAILREGEX.search(line)

    assert found is not None and found["host"] == "10.0.0.1"
    assert len(line.splitlines()) == 1 and len(line) < 2000
    assert "Login failed" not in one_word(login)


def test_a_failed_login_leaves_the_line_that_a_jail_reads(env: Environment, caplog: pytest.LogCaptureFixture) -> None:
    credential = {"type": "password", "login": "no body", "password": "x"}

    with caplog.at_level(logging.INFO, "odoo.addons.base.models.res_users"), pytest.raises(AccessDenied):
        env.registry["res.users"]._login(env.cr.dbname, credential, {"interactive": True})

    (line,) = [record.getMessage() for record in caplog.records if "Login" in record.getMessage()]
    assert line == f"Login failed for db:{env.cr.dbname} login:no%20body from n/a"


def test_two_first_log_ins_at_once_do_not_stumble_over_the_settings(env_of, registries, database) -> None:
    """Each finds no settings and makes them; the second is repeated, and then finds those of the first."""
    second = env_of(database)
    user = second["res.users"].create({"name": "Twice", "login": f"twice-{uuid.uuid4().hex[:8]}"})
    second.cr.commit()
    assert not user.res_users_settings_ids
    with registries.get(database).cursor() as cr:
        first = Environment(cr, 1, {})
        made = first["res.users.settings"]._find_or_create_for_user(first["res.users"].browse(user.id))
        made_id = made.id
        cr.commit()

    second.invalidate_all()
    with pytest.raises(psycopg.errors.SerializationFailure):
        second["res.users.settings"]._find_or_create_for_user(user)
    second.cr.rollback()
    second.invalidate_all()

    assert second["res.users.settings"]._find_or_create_for_user(user).id == made_id
