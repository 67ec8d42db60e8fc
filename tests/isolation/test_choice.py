"""Which database answers: by host, by choice, by list; and what is said where none can."""

from __future__ import annotations

import pytest

from fondaco.http.tenancy import filtered, mistakes
from tests.isolation.conftest import call, log_in, rpc

NOWHERE = "nowhere.example.com"


# -- rules -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dbfilter", "host", "seen"),
    [
        pytest.param("^mycompany.*$", "any.example.com", ["mycompany", "mycompany2"], id="a prefix, whatever the host"),
        pytest.param("^%d$", "mycompany.example.com", ["mycompany"], id="first subdomain"),
        pytest.param("^%d$", "other.example.com:8069", ["other"], id="a port is no part of it"),
        pytest.param("^%h$", "shop.example.com", ["shop.example.com"], id="whole host"),
        pytest.param("^%h$", "shop-example-com", [], id="the dots of a host are dots"),
        pytest.param("^%d", "mycompany.example.com", ["mycompany", "mycompany2"], id="an open end is a prefix"),
        pytest.param("^%d$", "[::1]:8069", [], id="an address"),
        pytest.param("^%d$", ".*.example.com", [], id="a host that would be a pattern"),
        pytest.param("^%d$", "", [], id="no host"),
    ],
)
def test_t4_the_host_leads_to_its_databases(dbfilter, host, seen):
    names = ["mycompany", "mycompany2", "other", "shop.example.com"]

    assert filtered(names, host, {"dbfilter": dbfilter}) == seen


def test_t5_only_databases_that_match_are_shown(serve, tenants):
    client = serve(dbfilter=f"^{tenants['acme'].name}.*$")

    names = call(client, "/web/database/list", NOWHERE)["result"]
    page = client.get("/web/database/selector", base_url=f"http://{NOWHERE}/").text

    assert names == [tenants["acme"].name, tenants["acme2"].name]
    assert all(name in page for name in names)
    assert tenants["bravo"].name not in page


@pytest.mark.parametrize(
    ("host", "is_served"),
    [
        ("www.mycompany.com", True),
        ("mycompany.com", True),
        ("mycompany.co.uk", True),
        ("api.mycompany.com", False),
        ("www2.mycompany.com", False),
    ],
)
def test_t6_the_first_subdomain_after_www_counts(host, is_served):
    assert bool(filtered(["mycompany"], host, {"dbfilter": "^%d$"})) is is_served


@pytest.mark.parametrize("pattern", ["%d", "^%d$"])
def test_t7_a_bare_d_is_the_whole_name_and_no_prefix(serve, tenants, pattern):
    acme, longer = tenants["acme"], tenants["acme2"]
    client = serve(dbfilter=pattern)

    assert call(client, "/web/database/list", acme.host)["result"] == [acme.name]
    assert "error" in call(
        client, "/web/session/authenticate", acme.host, db=longer.name, login="boss", password=longer.password
    )
    assert call(client, "/web/database/list", longer.host)["result"] == [longer.name]


def test_t8_many_databases_without_a_rule_are_told():
    assert len(mistakes(["a", "b"], {"list_db": True})) == 1
    assert "dbfilter" in mistakes(["a", "b"], {"list_db": True})[0]
    assert len(mistakes(["a", "b"], {"dbfilter": "^.*$", "list_db": True})) == 1
    assert mistakes(["a", "b"], {"dbfilter": "^%d$"}) == []
    assert mistakes(["a", "b"], {"dbfilter": "^a$"}) == []
    assert mistakes(["a", "b"], {"db_name": ["a"]}) == []
    assert mistakes(["a"], {}) == []


# -- pages -------------------------------------------------------------------------------------------------------------
def test_t1_one_server_has_databases_with_different_modules(serve, tenants):
    client = serve(dbfilter="^%d$")
    menus, fields = {}, {}

    for label, tenant in tenants.items():
        log_in(client, tenant)
        menus[label] = {
            menu["xmlid"]
            for menu in call(
                client, "/web/dataset/call_kw", tenant.host, model="ir.ui.menu", method="load_menus", args=[False],
                kwargs={},
            )["result"].values()
            if menu.get("xmlid")
        }  # fmt: skip
        found = call(
            client, "/web/dataset/call_kw", tenant.host, model="ir.model", method="search_count",
            args=[[["model", "=", "product.template"]]], kwargs={},
        )  # fmt: skip
        fields[label] = found["result"]

    assert fields == {"acme": 1, "acme2": 0, "bravo": 0}
    assert "contacts.menu_contacts" in menus["acme"] - menus["acme2"] - menus["bravo"]


def test_t2_a_user_chooses_his_database_and_the_session_keeps_to_it(serve, tenants):
    client = serve(dbfilter="")
    bravo = tenants["bravo"]
    base = f"http://{NOWHERE}/"

    asked = client.get("/web/login", base_url=base)
    choice = client.get("/web/database/selector", base_url=base).text
    log_in(client, bravo, NOWHERE, db=bravo.name)

    assert (asked.status_code, asked.location) == (303, "/web/database/selector")
    assert all(tenant.name in choice for tenant in tenants.values())
    for _ in range(2):
        assert call(client, "/web/session/get_session_info", NOWHERE)["result"]["db"] == bravo.name


def test_t3_a_visitor_gets_the_only_database_and_needs_a_rule_for_more(serve, tenants):
    base, acme = f"http://{NOWHERE}/", tenants["acme"]

    alone = serve(db_name=[acme.name], dbfilter="").get("/web/login", base_url=base)
    many = serve(dbfilter="").get("/web/login", base_url=base)
    by_rule = serve(dbfilter="^%d$").get("/web/login", base_url=f"http://{acme.host}/")

    assert alone.status_code == by_rule.status_code == 200
    assert 'name="password"' in alone.text
    assert (many.status_code, many.location) == (303, "/web/database/selector")
    for client, host in ((serve(dbfilter=""), NOWHERE), (serve(dbfilter="^%d$"), acme.host)):
        assert client.get("/", base_url=f"http://{host}/").location == "/odoo"


def test_t9_without_lists_nothing_is_listed_chosen_or_managed(serve, tenants):
    client = serve(list_db=False, dbfilter="^%d$")
    host = tenants["acme"].host
    base = f"http://{host}/"
    data = {"master_pwd": "a-master-password", "name": tenants["acme"].name}

    pages = [client.get(f"/web/database/{page}", base_url=base) for page in ("manager", "selector")]
    pages += [client.post(f"/web/database/{action}", base_url=base, data=data) for action in ("backup", "drop")]
    listed = call(client, "/web/database/list", host)
    asked = [rpc(client, host, "db", "list"), rpc(client, host, "db", "drop", "a-master-password", data["name"])]

    assert [page.status_code for page in pages] == [403] * 4
    assert not any(
        tenant.name in page.text for page in pages for tenant in tenants.values() if tenant.name != data["name"]
    )
    for refused in (listed, *asked):
        assert refused["error"]["data"]["name"] == "odoo.exceptions.AccessDenied"
    assert client.get("/web/login", base_url=base).status_code == 200


def test_t10_only_databases_of_the_list_can_be_reached(serve, tenants):
    acme, bravo = tenants["acme"], tenants["bravo"]
    client = serve(db_name=[acme.name, tenants["acme2"].name], dbfilter="")

    assert call(client, "/web/database/list", NOWHERE)["result"] == sorted([acme.name, tenants["acme2"].name])
    assert_unreachable(client, bravo)
    assert rpc(client, NOWHERE, "common", "login", acme.name, "boss", acme.password)["result"] == 2


def test_t11_who_cannot_log_in_reads_which_setting_is_missing(serve, tenants):
    client = serve(list_db=False, dbfilter="")

    page = client.get("/web/login", base_url=f"http://{NOWHERE}/", follow_redirects=True)

    assert page.status_code == 403
    assert "dbfilter" in page.text
    assert "db_name" in page.text
    assert not any(tenant.name in page.text for tenant in tenants.values())
    assert any("cannot log in" in mistake for mistake in mistakes(["a", "b"], {"list_db": False}))


def test_t12_a_filter_for_one_database_serves_no_other(serve, tenants):
    acme, bravo = tenants["acme"], tenants["bravo"]
    client = serve(dbfilter=f"^{acme.name}$")

    assert client.get("/web/login", base_url=f"http://{bravo.host}/").status_code == 200
    assert call(client, "/web/database/list", bravo.host)["result"] == [acme.name]
    assert_unreachable(client, bravo)
    assert_unreachable(client, tenants["acme2"])


def assert_unreachable(client, tenant):
    """By page, by session, by call, with its own password."""
    secret = tenant.password
    refused = rpc(client, NOWHERE, "common", "login", tenant.name, "boss", secret)
    assert f'database "{tenant.name}" does not exist' in refused["error"]["data"]["message"]
    refused = rpc(client, NOWHERE, "object", "execute_kw", tenant.name, 2, secret, "res.users", "read", [[2]])
    assert f'database "{tenant.name}" does not exist' in refused["error"]["data"]["message"]
    assert rpc(client, NOWHERE, "db", "db_exist", tenant.name)["result"] is False
    refused = call(client, "/web/session/authenticate", NOWHERE, db=tenant.name, login="boss", password=secret)
    assert refused["error"]["data"]["message"] == "Database not found."
    page = client.get("/web/login", query_string={"db": tenant.name}, base_url=f"http://{NOWHERE}/")
    assert tenant.mark not in page.text
    info = client.get("/web/webclient/version_info", headers={"X-Odoo-Database": tenant.name})
    assert tenant.mark not in info.text
