"""A database that was made by earlier code serves until it is upgraded: people log in and save."""

from __future__ import annotations

import contextlib
import json
import logging
import re
from collections.abc import Callable, Iterator

import pytest
from werkzeug.test import Client

from fondaco import wsgi
from fondaco.config import Config
from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.orm.environment import SUPERUSER_ID, Environment
from tests.fix_database import LOGIN, PASSWORD, create

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
TEMPLATES = ("login", "login_layout", "login_successful")


@pytest.fixture
def earlier(registries: Registries) -> Iterator[str]:
    """A database as it was before the log-in page was a template and receipts told what was written."""
    name = create(registries, ("base", "web"))
    with contextlib.closing(registries.get(name).cursor()) as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        for template in TEMPLATES:
            env.ref(f"web.{template}").unlink()
        env.flush_all()
        cr.execute("ALTER TABLE web_save_receipt DROP COLUMN written")
        cr.commit()
    yield name
    databases.drop(registries, name)


@pytest.fixture
def visit(config: Config, registries: Registries, earlier: str) -> Callable[[], Client]:
    """visit(): a browser in front of a server that has just begun."""
    here = config.replace(db_name=[earlier])
    application = wsgi.build(here, Registries(here, registries.pools))
    return lambda: Client(application)


def call(browser: Client, path: str, **params: object) -> dict:
    answer = browser.post(path, data=json.dumps({"params": params}), content_type="application/json")
    return json.loads(answer.text)


def test_people_log_in_and_save_before_the_upgrade_and_the_log_says_what_to_do(earlier, visit, caplog):
    browser = visit()
    with caplog.at_level(logging.WARNING):
        pages = [browser.get("/web/login") for _ in range(2)]
        assert [page.status_code for page in pages] == [200, 200], pages[0].text
        assert 'autocomplete="current-password"' in pages[0].text
        form = {"csrf_token": TOKEN.search(pages[0].text)[1], "login": LOGIN, "password": PASSWORD}
        assert browser.post("/web/login", data=form).headers["Location"] == "/odoo"
        assert "You are logged in" in browser.get("/web/login_successful").text

        vals = {"name": "Saved before the upgrade"}
        kwargs = {"specification": {"name": {}}, "context": {"save_key": "k1"}}
        where = "/web/dataset/call_kw/res.partner/web_save"
        saved = call(browser, where, model="res.partner", method="web_save", args=[[], vals], kwargs=kwargs)

    assert saved["result"][0]["name"] == vals["name"], saved
    assert len([line for line in caplog.messages if f"fondaco upgrade -d {earlier}" in line]) == 1, caplog.messages


def test_after_the_upgrade_the_template_and_the_receipts_are_those_of_the_database(earlier, registries, visit):
    with contextlib.closing(registries.get(earlier).cursor()) as cr:
        assert not Environment(cr, SUPERUSER_ID, {})["web.save.receipt"]._has_place()
        assert visit().get("/web/login").status_code == 200

    registries.update(earlier, upgrade=["web"])

    with contextlib.closing(registries.get(earlier).cursor()) as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        env.ref("web.login").arch = env.ref("web.login").arch.replace("E-mail or login", "Who are you?")
        assert env["web.save.receipt"]._has_place()
        env.flush_all()
        cr.commit()
    assert "Who are you?" in visit().get("/web/login").text


def test_a_template_that_no_file_has_is_an_error_as_before(env):
    with pytest.raises(ValueError, match="web.no_such_template"):
        env["ir.qweb"]._render("web.no_such_template")
