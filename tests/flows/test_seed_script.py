"""The script of an article about integrating shops, word for word: it makes a storable product.

A stock server refuses it, as its products know no type 'product' any more; scripts that were written before that
version are still about, and here they work.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request

import pytest

# The text of seed 004, lines 147 to 161.
SCRIPT = """\
import xmlrpc.client
url = 'https://your-odoo-domain.com'
db = 'odoo_prod'
username = 'api_user'
password = 'api_password'
common = xmlrpc.client.ServerProxy('{}/xmlrpc/2/common'.format(url))
uid = common.authenticate(db, username, password, {})
models = xmlrpc.client.ServerProxy('{}/xmlrpc/2/object'.format(url))
product_data = {
'name': 'New Product',
'list_price': 99.99,
'standard_price': 49.99,
'type': 'product',
}
product_id = models.execute_kw(db, uid, password, 'product.product', 'create', [product_data])
"""
PRODUCT = {"name": "New Product", "list_price": 99.99, "standard_price": 49.99, "type": "product"}


def json_call(server, service, method, *args):
    body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": {"service": service, "method": method, "args": args}}
    request = urllib.request.Request(
        f"{server.url}/jsonrpc", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert "error" not in answer, answer["error"]
    return answer["result"]


def run_script(server):
    """The id that the script gets, with four values put in and the result printed."""
    values = {
        "'https://your-odoo-domain.com'": server.url, "'odoo_prod'": server.database,
        "'api_user'": server.login, "'api_password'": server.password,
    }  # fmt: skip
    script = SCRIPT
    for theirs, ours in values.items():
        assert script.count(theirs) == 1
        script = script.replace(theirs, repr(ours))
    done = subprocess.run(
        [sys.executable, "-c", script + "print(product_id)"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def run_over_json(server):
    uid = json_call(server, "common", "authenticate", server.database, server.login, server.password, {})
    return json_call(
        server, "object", "execute_kw", server.database, uid, server.password, "product.product", "create", [PRODUCT]
    )


@pytest.mark.parametrize("make", [run_script, run_over_json], ids=["xmlrpc", "jsonrpc"])
def test_m7_m8_the_script_makes_a_storable_product(server, make):
    product = make(server)

    def call(model, method, *args, **kwargs):
        return json_call(
            server, "object", "execute_kw", server.database, 2, server.password, model, method, args, kwargs
        )

    (row,) = call("product.product", "read", [product], [*PRODUCT, "lst_price", "product_tmpl_id", "active"])
    assert {name: row[name] for name in PRODUCT} == PRODUCT
    assert (row["lst_price"], row["active"]) == (99.99, True)
    (template,) = call("product.template", "read", [row["product_tmpl_id"][0]], [*PRODUCT, "product_variant_ids"])
    assert {name: template[name] for name in PRODUCT} == PRODUCT
    assert template["product_variant_ids"] == [product]
    types = call("product.product", "fields_get", ["type"], ["selection"])["type"]["selection"]
    assert dict(types)["product"] == "Storable Product"
    assert product in call("product.product", "search", [["type", "=", "product"]])
