"""The page where databases are managed: what it shows, what it refuses, and what it does."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator

import pytest
from werkzeug.test import Client

from fondaco import wsgi
from fondaco.config import Config
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from fondaco.sql import databases as rows

MASTER = "a-master-password"
PREFIX = f"test_{os.getpid()}_mgr"


@pytest.fixture
def browser(config: Config, registries: Registries) -> Iterator[Callable[..., Client]]:
    """browser(list_db=False): a client of an application with these settings, which sees the test's databases only."""

    def browser(**settings: object) -> Client:
        values = {"admin_passwd": MASTER, "list_db": True, "dbfilter": f"^{PREFIX}", **settings}
        config_here = config.replace(**values)
        return Client(wsgi.build(config_here, Registries(config_here, registries.pools)))

    yield browser
    for name in rows.list_databases(registries.pools):
        if name.startswith(PREFIX):
            databases.drop(registries, name)


def page(answer: object) -> str:
    return answer.get_data(as_text=True)


def alerts(text: str) -> list[str]:
    return re.findall(r'role="alert">([^<]*)<', text)


def test_d1_from_nothing_to_a_copy_and_back_to_nothing(browser: Callable[..., Client], registries: Registries) -> None:
    client, name, copy, back = browser(), f"{PREFIX}_a", f"{PREFIX}_b", f"{PREFIX}_c"
    first = page(client.get("/web/database/selector"))
    assert 'action="/web/database/create"' in first
    (sheet,) = re.findall(r'rel="stylesheet" href="([^"]+)"', first)
    assert client.get(sheet).mimetype == "text/css", "a server without databases has styles"

    fields = {"name": name, "login": "boss", "password": "secret-pw", "lang": "en_US", "country_code": "", "phone": ""}
    made = client.post("/web/database/create", data={"master_pwd": MASTER, **fields})
    assert (made.status_code, made.location) == (303, "/odoo")
    assert client.get("/web/login").status_code == 200  # the session is in the new database

    assert (
        client.post("/web/database/duplicate", data={"master_pwd": MASTER, "name": name, "new_name": copy}).status_code
        == 303
    )
    shown = page(client.get("/web/database/manager"))
    assert f"/odoo?db={name}" in shown
    assert f"/odoo?db={copy}" in shown

    dump = client.post("/web/database/backup", data={"master_pwd": MASTER, "name": name, "backup_format": "zip"})
    content = dump.data
    dump.close()
    assert re.fullmatch(rf"attachment; filename\*=UTF-8''{name}_[\d_-]+\.zip", dump.headers["Content-Disposition"])
    restored = client.post(
        "/web/database/restore",
        data={"master_pwd": MASTER, "name": back, "copy": "true", "backup_file": (io.BytesIO(content), "a.zip")},
    )
    assert (restored.status_code, restored.location) == (303, "/web/database/manager")
    assert rows.exists(registries.pools, back)

    for each in (copy, back, name):
        # The last one is the only database there is: the request that drops it stands on it.
        assert client.post("/web/database/drop", data={"master_pwd": MASTER, "name": each}).status_code == 303
    assert not any(found.startswith(PREFIX) for found in rows.list_databases(registries.pools))


@pytest.mark.parametrize("action", ["create", "duplicate", "drop", "backup", "change_password"])
def test_d2_a_wrong_master_password_changes_nothing(action: str, browser: Callable[..., Client]) -> None:
    data = {"name": f"{PREFIX}_x", "new_name": "y", "lang": "en_US", "password": "typed-secret", "master_pwd_new": "n"}
    wanted = {
        "create": ("name", "lang", "password"),
        "duplicate": ("name", "new_name"),
        "change_password": ("master_pwd_new",),
    }.get(action, ("name",))

    answer = browser().post(
        f"/web/database/{action}", data={"master_pwd": "wrong", **{key: data[key] for key in wanted}}
    )

    text = page(answer)
    assert answer.status_code == 200
    assert "master password is wrong" in alerts(text)[0]
    assert "typed-secret" not in text


def test_a_mistake_loses_nothing_that_was_typed(browser: Callable[..., Client]) -> None:
    fields = {"name": "bad name!", "login": "boss@example.com", "password": "secret-pw", "lang": "fr_FR"}

    text = page(browser().post("/web/database/create", data={"master_pwd": MASTER, **fields}))

    assert "bad name!" in alerts(text)[0]
    assert 'value="boss@example.com"' in text
    assert '<option value="fr_FR" selected>' in text
    assert "secret-pw" not in text
    assert MASTER not in text


def test_what_is_typed_is_text_and_no_markup(browser: Callable[..., Client]) -> None:
    fields = {"name": '"><script>x</script>', "login": "{0}", "password": "p", "lang": "en_US"}

    text = page(browser().post("/web/database/create", data={"master_pwd": MASTER, **fields}))

    assert "<script>x" not in text


@pytest.mark.parametrize(
    ("settings", "status"), [({"list_db": False}, 403), ({"admin_passwd": "admin"}, 200), ({"admin_passwd": ""}, 200)]
)
def test_d2_t9_management_that_is_off_offers_nothing(
    settings: dict[str, object], status: int, browser: Callable[..., Client]
) -> None:
    client = browser(**settings)

    shown = client.get("/web/database/manager")
    text = page(shown)

    assert shown.status_code == status
    assert len(alerts(text)) == 1
    assert "<form" not in text
    password = settings.get("admin_passwd") or MASTER
    refused = client.post("/web/database/drop", data={"master_pwd": password, "name": f"{PREFIX}_x"})
    assert refused.status_code == status
    assert len(alerts(page(refused))) == 2


def test_no_other_site_frames_the_page_and_only_posts_change_anything(browser: Callable[..., Client]) -> None:
    client = browser()

    assert client.get("/web/database/manager").headers["X-Frame-Options"] == "DENY"
    for action in ("create", "drop", "duplicate", "backup", "restore", "change_password"):
        assert client.get(f"/web/database/{action}").status_code == 405


def test_a_session_survives_that_another_process_drops_its_database(
    browser: Callable[..., Client], config: Config, registries: Registries
) -> None:
    name, other = f"{PREFIX}_gone", f"{PREFIX}_stays"
    for each in (name, other):
        databases.create(registries, NewDatabase(each, (), "admin", "x"), more_follow=True)
    client = browser()
    assert client.get(f"/web/login?db={name}").status_code == 302
    assert client.get("/web/login").status_code == 200

    databases.drop(registries, name)  # not the registries of the browser's application

    answer = client.get("/web/login")
    assert (answer.status_code, answer.location) in {(303, "/web/database/selector"), (200, None)}
    assert client.get("/web/database/selector").status_code == 200
