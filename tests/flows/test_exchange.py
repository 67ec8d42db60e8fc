"""The cases of docs/integrator/exchange.md, run as they stand on the page: what comes in and goes out, and as what."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path

import pytest
import requests

from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.values import webhooks
from tests import fix_database
from tests.fix_jobs import Bench
from tests.fix_server import serving
from tests.flows.test_documented_code import blocks

PAGE = "integrator/exchange.md"
FILE = (Path(__file__).parents[2] / "docs" / PAGE).read_text().partition("```csv\n")[2].partition("```")[0]
PRODUCTS, CONTACTS, ADDON = blocks(PAGE)
MADE = ("product.template", "res.partner")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def shop(server):
    """The names of the page's first script after it has run on this file; what it made is taken away again."""
    given = {"url": server.url, "db": server.database, "login": server.login, "password": server.password}

    def shop(file):
        exec(PRODUCTS, names := {"__name__": "__main__", "file": file, **given})
        return names

    call = shop("SKU;Title;Price;Weight (g);Group;Sold\n")["call"]
    last = {model: max(call(model, "search", [("active", "in", [True, False])]), default=0) for model in MADE}
    yield shop
    for model in MADE:
        call(model, "unlink", call(model, "search", [("id", ">", last[model])]))


def test_products_of_a_shop_come_in_as_the_table_says_and_twice_changes_none(shop):
    word = secrets.token_hex(3).upper()
    file = FILE.replace("MUG-1", f"MUG-{word}").replace("BAG-7", f"BAG-{word}")

    names = shop(file)
    shop(file.replace("9,90", "10,90"))

    found = names["call"](
        "product.template", "search_read", [("default_code", "like", f"%-{word}")], order="default_code",
        fields=["default_code", "name", "list_price", "weight", "categ_id", "sale_ok"],
    )  # fmt: skip
    assert [{**one, "id": 0, "categ_id": one["categ_id"][1]} for one in found] == [
        {"id": 0, "default_code": f"BAG-{word}", "name": "Bag", "list_price": 10.9, "weight": 0.08,
         "categ_id": "All / Travel", "sale_ok": False},
        {"id": 0, "default_code": f"MUG-{word}", "name": "Mug; blue", "list_price": 1234.5, "weight": 0.35,
         "categ_id": "All / Kitchen", "sale_ok": True},
    ]  # fmt: skip


def test_a_row_that_cannot_be_taken_keeps_the_file_out_and_is_named(shop):
    word = secrets.token_hex(3).upper()
    names = shop("SKU;Title;Price;Weight (g);Group;Sold\n")

    with pytest.raises(RuntimeError, match="row 3: .*'a lot'"):
        shop(f"{FILE}MUG-{word};Mug;a lot;1;Kitchen;yes\n".replace("MUG-1", f"CUP-{word}"))

    assert names["call"]("product.template", "search_count", [("default_code", "=", f"CUP-{word}")]) == 0


def test_contacts_go_to_a_crm_and_come_back_changed(shop):
    word = secrets.token_hex(3)
    names = shop("SKU;Title;Price;Weight (g);Group;Sold\n")
    exec(CONTACTS, names)
    call = names["call"]
    (italy,) = call("res.country", "search", [("code", "=", "IT")])
    (guild,) = call("res.partner", "create", [{"name": f"Guild {word}", "is_company": True, "country_id": italy}])
    (ada,) = call("res.partner", "create", [{"name": f"Ada {word}", "email": " Ada@Example.COM ", "parent_id": guild}])
    (last,) = call("res.partner", "read", [ada], ["write_date"])

    told = {one["full_name"]: one for one in names["contacts_out"]("2000-01-01 00:00:00")}

    company, person = told[f"Guild {word}"], told[f"Ada {word}"]
    assert (company["kind"], company["country"], company["mail"], company["employer"]) == (
        "organisation",
        "IT",
        None,
        None,
    )
    assert (person["kind"], person["mail"], person["employer"]) == ("person", "ada@example.com", company["key"])
    assert person["changed"] == last["write_date"].replace(" ", "T") + "Z"
    with pytest.raises(ValueError, match="no country has the letters ZZ"):
        names["contacts_in"]([{**person, "country": "ZZ"}])

    new = {
        "key": f"crm.c{word}",
        "full_name": f"Bea {word}",
        "kind": "person",
        "mail": "BEA@example.com ",
        "country": "FR",
    }
    names["contacts_in"]([{**person, "full_name": f"Ada L {word}"}, {**new, "employer": company["key"]}, company])

    kept = call(
        "res.partner", "search_read", [("name", "like", word)], fields=["name", "email", "parent_id"], order="name"
    )
    assert [(one["name"], one["email"], one["parent_id"] and one["parent_id"][0]) for one in kept] == [
        (f"Ada L {word}", "ada@example.com", guild),
        (f"Bea {word}", "bea@example.com", guild),
        (f"Guild {word}", False, False),
    ]
    assert kept[0]["id"] == ada


@pytest.fixture
def hooked(config, pools, tmp_path):
    """(server with the page's addon, a bench for its jobs)."""
    addon = tmp_path / "addons" / f"shop_hook_{secrets.token_hex(4)}"  # one that this process has not loaded yet
    addon.mkdir(parents=True)
    (addon / "__manifest__.py").write_text("{'name': 'Shop', 'depends': ['web'], 'license': 'LGPL-3'}")
    (addon / "__init__.py").write_text("from . import hook")
    (addon / "hook.py").write_text(ADDON)
    settings = config.replace(addons_path=[str(addon.parent)], max_cron_threads=0)
    registries = Registries(settings, pools)
    name = fix_database.create(registries, ())
    registries.update(name, install=[addon.name])
    with registries.get(name).cursor() as cr:
        Environment(cr, 1, {})["ir.config_parameter"].set_param("shop.hook_secret", SECRET)
        cr.commit()
    with serving(settings, name, tmp_path) as server:
        yield server, Bench(registries, name)
    fix_database.databases.drop(registries, name)


def test_m9_a_webhook_that_comes_in_is_believed_by_its_signature_and_done_once(hooked):
    server, bench = hooked
    body = json.dumps({"key": "shop.customer_7", "name": "Ada"}).encode()
    bad = json.dumps({"key": "shop.customer_8", "name": ""}).encode()

    def sent(key, content, signed_for=None, *, secret=SECRET, age=0):
        headers = webhooks.signed(secret, key, signed_for or content, time.time() - age)
        return requests.post(f"{server.url}/shop/hook", data=content, headers=headers, timeout=60).status_code

    assert [sent("m1", body), sent("m1", body), sent("m2", bad)] == [200, 200, 200]
    assert sent("m3", body, b"{}") == sent("m3", body, age=400) == 401
    assert sent("m3", body, secret="whsec_" + "A" * 32) == 401
    assert requests.post(f"{server.url}/shop/hook", data=body, timeout=60).status_code == 401
    bench.run()

    with bench.env() as env:
        assert env["shop.event"].search([], order="id").mapped("key") == ["m1", "m2"]
        assert env.ref("shop.customer_7").name == "Ada"
        jobs = env["ir.job"].search([], order="id")
        assert jobs.mapped("state") == ["done", "waiting"], "what cannot be applied is tried again"
        for _try in range(jobs[1].most_tries - 1):
            env["ir.job"].search([("state", "=", "waiting")]).action_run_now()
            env.cr.commit()
            bench.run()
        jobs.invalidate_recordset()
        assert jobs[1].state == "failed" and "name" in jobs[1].error.lower()
        env["shop.event"].search([("key", "=", "m2")]).body = '{"key": "shop.customer_8", "name": "Bea"}'
        jobs[1].action_retry()
    bench.run()
    with bench.env() as env:
        assert env.ref("shop.customer_8").name == "Bea"
