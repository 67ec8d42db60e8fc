"""Records leave as CSV and XLSX files over a real server."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import xmlrpc.client

import openpyxl
import pytest

from fondaco.errors import UserError
from tests.external_api import service
from tests.fix_addons import addon_module
from tests.http.test_web_routes import Visitor

FIELDS = [{"name": "code", "label": "Code"}, {"name": "currency_id/name", "label": "Currency/Name"}]
DOMAIN = [["code", "in", ["FR", "IT", "CH"]]]


@pytest.fixture
def visitor(server) -> Visitor:
    visitor = Visitor(server)
    visitor.log_in()
    return visitor


def exported(visitor, kind, **values):
    token = re.search(r'csrf_token: "([^"]+)"', visitor.ask("/odoo").text)[1]
    data = {"model": "res.country", "fields": FIELDS, "ids": False, "domain": DOMAIN, "groupby": []}
    return visitor.ask(f"/web/export/{kind}", {"csrf_token": token, "data": json.dumps({**data, **values})})


def rows_of(answer):
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_a_csv_file_has_labels_or_the_names_that_an_import_knows(visitor):
    people, program = exported(visitor, "csv", import_compat=False), exported(visitor, "csv", import_compat=True)

    assert people.text == '"Code","Currency/Name"\r\n"FR","EUR"\r\n"IT","EUR"\r\n"CH","CHF"\r\n'
    assert program.text.splitlines()[0] == '"code","currency_id/name"'
    assert people.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Country%20%28res.country%29.csv"


def test_a_workbook_groups_and_counts(visitor):
    answer = exported(visitor, "xlsx", import_compat=False, groupby=["currency_id"])

    assert rows_of(answer) == [
        ["Code", "Currency/Name"],
        ["CHF (1)", None],
        ["CH", "CHF"],
        ["EUR (2)", None],
        ["FR", "EUR"],
        ["IT", "EUR"],
    ]


def test_what_fails_is_told_in_the_page_of_the_error(visitor):
    answer = exported(visitor, "csv", groupby=["currency_id"])

    assert answer.status == 500
    (told,) = re.findall(r"<p>(\{.*\})</p>", html.unescape(answer.text), re.DOTALL)
    assert json.loads(told)["data"]["name"] == "odoo.exceptions.UserError"


def test_columns_can_be_opened_three_steps_deep(visitor):
    def columns(**params):
        result = visitor.call("/web/export/get_fields", model="res.partner", domain=[], **params)["result"]
        return {row["id"]: row for row in result}

    top = columns(import_compat=False)
    deep = columns(import_compat=False, prefix="a/b", parent_name="A/B", parent_field_type="one2many")

    assert top["country_id"]["params"]["model"] == "res.country"
    assert top["country_id"]["value"] == "country_id"
    assert deep["a/b/country_id"]["string"] == "A/B/Country"
    assert not deep["a/b/country_id"]["children"]


def test_a_saved_export_tells_its_columns_and_skips_those_that_are_gone(visitor):
    lines = [[0, 0, {"name": name}] for name in ("country_id/code", "id", "no_such_field")]
    export = visitor.call(
        "/web/dataset/call_kw", model="ir.exports", method="create", kwargs={},
        args=[{"name": "mine", "resource": "res.partner", "export_fields": lines}],
    )["result"]  # fmt: skip

    found = visitor.call("/web/export/namelist", model="res.partner", export_id=export)["result"]

    assert found == [
        {"name": "country_id/code", "label": "Country/Country Code"},
        {"name": "id", "label": "External ID"},
    ]


@pytest.fixture
def chair(visitor):
    """A product of a category that defines what a chair has; both are gone after the test."""

    def call(model, method, *args, **kwargs):
        return visitor.call("/web/dataset/call_kw", model=model, method=method, args=args, kwargs=kwargs)["result"]

    wanted = [
        {"name": "legs", "type": "integer", "string": "Legs"},
        {"name": "wood", "type": "selection", "string": "Wood", "selection": [["o", "Oak"], ["p", "Pine"]]},
    ]
    category = call("product.category", "create", {"name": "Seats", "product_properties_definition": wanted})
    properties = {"legs": 4, "wood": "o"}
    values = {"name": "Chair of properties", "categ_id": category, "product_properties": properties}
    product = call("product.template", "create", values)
    yield call, product
    call("product.template", "unlink", [product])
    call("product.category", "unlink", [category])


def test_a_property_is_a_column_of_files_that_leave_and_come(visitor, chair):
    call, product = chair
    names = ["product_properties.legs", "product_properties.wood"]
    domain = [["id", "=", product]]

    offered = visitor.call("/web/export/get_fields", model="product.template", domain=[], import_compat=True)["result"]
    by_id = {row["id"]: row for row in offered}
    tree = {node["id"]: node for node in call("base_import.import", "get_fields_tree", "product.template")}
    fields = [{"name": name} for name in (".id", *names)]
    file = exported(visitor, "csv", model="product.template", fields=fields, domain=domain, import_compat=True).text
    text = file.replace('"4","Oak"', '"3","pine"')  # the product may have the number 4
    importing = call("base_import.import", "create", {
        "res_model": "product.template", "file_name": "chairs.csv", "file": text,
    })  # fmt: skip
    done = call("base_import.import", "execute_import", [importing], [".id", *names], [], {"has_headers": True})

    assert [by_id[name]["string"] for name in names] == ["Legs (Seats)", "Wood (Seats)"]
    assert "product_properties" not in by_id and "product_properties" not in tree
    assert [(tree[name]["string"], tree[name]["type"]) for name in names] == [
        ("Legs (Seats)", "integer"),
        ("Wood (Seats)", "selection"),
    ]
    assert file.splitlines()[1:] == [f'"{product}","4","Oak"']
    assert (done["ids"], done["messages"]) == ([product], [])
    assert [item["value"] for item in call("product.template", "read", [product], ["product_properties"])[0][
        "product_properties"
    ]] == [3, "p"]  # fmt: skip


def workbook_of(table):
    return addon_module("web.controllers.pivot").Pivot()._workbook(table)


@pytest.mark.parametrize("size", [{"width": 16_000, "height": 7}, {"width": 16_385}, {"width": -16_000, "height": -7}])
def test_titles_of_a_pivot_that_would_fill_the_memory_are_refused(size):
    table = {"title": "x", "col_group_headers": [[{"title": "a", **size}]], "rows": []}

    with pytest.raises(UserError, match="Show fewer columns"):
        workbook_of(table)


def test_a_row_of_a_pivot_is_not_indented_without_end():
    table = {"title": "x", "col_group_headers": [], "rows": [{"title": "a", "indent": 1_000, "values": []}]}

    book = openpyxl.load_workbook(io.BytesIO(workbook_of(table)))

    assert book.worksheets[0]["A1"].value == 250 * " " + "a"


def test_a_pivot_leaves_as_it_stands(visitor):
    table = {
        "model": "res.partner", "title": "Partners: all", "measure_count": 2, "origin_count": 1,
        "col_group_headers": [
            [{"title": "Total", "width": 4, "height": 1}],
            [{"title": "A", "width": 2, "height": 1}, {"title": "B", "width": 2, "height": 1}],
        ],
        "measure_headers": [{"title": title, "width": 1} for title in ("Count", "Sum", "Count", "Sum")],
        "origin_headers": [],
        "rows": [{"title": "x", "indent": 1, "values": [{"value": number} for number in (1, 2.5, 3, 4)]}],
    }  # fmt: skip
    token = re.search(r'csrf_token: "([^"]+)"', visitor.ask("/odoo").text)[1]

    answer = visitor.ask("/web/pivot/export_xlsx", {"csrf_token": token, "data": json.dumps(table)})

    assert rows_of(answer) == [
        [None, "Total", None, None, None],
        [None, "A", None, "B", None],
        [None, "Count", "Sum", "Count", "Sum"],
        ["     x", 1, 2.5, 3, 4],
    ]


def test_definitions_of_models_leave_out_relations_to_others(visitor):
    token = re.search(r'csrf_token: "([^"]+)"', visitor.ask("/odoo").text)[1]

    answer = visitor.ask(
        "/web/model/get_definitions", {"csrf_token": token, "model_names": '["res.country", "no.such.model"]'}
    )

    definition = json.loads(answer.text)
    assert set(definition) == {"res.country"}
    assert definition["res.country"]["rec_name"] == "name"
    assert "currency_id" not in definition["res.country"]["fields"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_s8_a_formula_leaves_as_text_and_an_import_brings_it_back(visitor, server, kind):
    with service(server) as models:

        def call(model, method, *arguments):
            return models.execute_kw(server.database, 2, server.password, model, method, list(arguments))

        formulas = ["=1+1", "+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://evil.example","x")', "'=quoted"]
        made = call("res.partner.category", "create", [{"name": text} for text in formulas])
        answer = exported(
            visitor, kind, model="res.partner.category", fields=[{"name": "name"}], domain=[["id", "in", made]],
        )  # fmt: skip
        if kind == "csv":
            cells = [row[0] for row in csv.reader(io.StringIO(answer.text))][1:]
            assert all(cell.startswith("'") for cell in cells)
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).worksheets[0]
            assert {cell.data_type for cell in sheet["A"]} == {"s"}, "no cell of a workbook is a formula"
        call("res.partner.category", "unlink", made)

        file = {"file": xmlrpc.client.Binary(answer.body), "file_name": f"tags.{kind}"}
        (record,) = call("base_import.import", "create", [{"res_model": "res.partner.category", **file}])
        options = {"has_headers": True, "separator": "", "quoting": '"'}
        result = call("base_import.import", "execute_import", [record], ["name"], ["name"], options)
        names = [row["name"] for row in call("res.partner.category", "read", result["ids"], ["name"])]
        call("res.partner.category", "unlink", result["ids"])

    assert sorted(names) == sorted(formulas)
