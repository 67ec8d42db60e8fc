"""No argument of a call becomes SQL: whatever it holds, the answer is a value or a refusal, and the cursor goes on.

A refusal may carry the driver's name where clients of Odoo 18 expect it: a value that does not fit its column (a number
out of range, a text that is no date). What may never come is a statement that PostgreSQL cannot read, or one about
tables, columns or functions that a caller named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fondaco.rpc.call import call_kw

VALUES_THAT_DO_NOT_FIT = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.UndefinedFunction)
CRAFTED = [
    "'", "''", '"', '""', "%", "%s", "%(a)s", "%%", "\\", "\\'", "\x00", "a\x00b", "\ud800", "x" * 100_000, "", " ",
    ".", "..", "name.", ".name", "name;", "; DROP TABLE garden_plant; --", "' OR 1=1 --", '" OR 1=1 --', "id; SELECT 1",
    "(SELECT 1)", "name)", "name, (SELECT 1)", "name desc, id; --", 'name" desc', "name asc nulls", "pg_sleep(1)",
    "name::text", "$1", "$$", "E'\\''", "/* */", "*", "plot_id..name", "plot_id.name.x", "features.", "features.a'b",
    'features.a"b', "features.%s", "features." + "a" * 500, "sown.x", "sown.month_number.x", "name:sum", "sown:day'",
    "sown:x", "height:sum(", "h:sum(height)", "h:sum(height);", "h:pg_sleep(height)", "__count",
    "__class__", "_fields", "create_uid.password", "\u202e", "😀", "1", "-1", "0", "1e309", "NaN", "infinity",
    "2024-13-45", "height:sum)",
    "0000-00-00",
]  # fmt: skip
texts = st.one_of(st.sampled_from(CRAFTED), st.text(max_size=20), st.text(alphabet="'\"%\\;()$.:, -\x00a", max_size=12))
ODD = [
    0, -1, 2**31, 2**63, 10**400, 1.5, float("inf"), float("nan"), True, None, b"x", 10**12, "2024-02-30", "id",
]  # fmt: skip
scalars = st.one_of(texts, st.sampled_from(ODD), st.integers(), st.floats())
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.tuples(inner), st.tuples(), st.dictionaries(texts, inner, max_size=2)
    ),
    max_leaves=4,
)
OPERATORS = ["=", "!=", "<>", "<", "<=", ">", ">=", "=?", "like", "ilike", "not like", "not ilike", "=like", "=ilike",
             "in", "not in", "child_of", "parent_of", "any", "not any"]  # fmt: skip


@pytest.fixture
def call(env: Any) -> Callable[..., None]:
    """call(method, *args, model=..., context=...): as a client would, by a user; then the cursor must still work."""
    clerk = env["res.users"].create(
        {"name": "Clerk", "login": "clerk", "groups_id": [(6, 0, [env.ref("base.group_user").id])]}
    )
    plot = env["garden.plot"].create({"name": "p"})
    plot.feature_definition = [{"name": "note", "type": "char", "string": "Note"}]
    plants = env["garden.plant"].create([{"name": f"n{place}", "plot_id": plot.id} for place in range(2)])
    plants.features = {"note": "x"}
    env.flush_all()

    def call(method: str, *args: Any, model: str = "garden.plant", **options: Any) -> None:
        env.invalidate_all()
        arguments = [plants.ids if argument is RECORDS else argument for argument in args]
        with env.cr.savepoint(flush=False) as savepoint:
            try:
                call_kw(env(user=clerk.id)[model], method, arguments, options)
                env.flush_all()
            except VALUES_THAT_DO_NOT_FIT:
                pass
            except psycopg.Error:
                raise
            except Exception as error:
                assert not isinstance(error, SystemError | NotImplementedError)
            savepoint.rollback()
        env.transaction.clear()
        env.cr.execute("SELECT 1")
        assert env.cr.fetchone() == (1,)

    return call


RECORDS = object()
"""Stands for the ids of two plants among the arguments."""


def test_domains_hold_no_sql(call: Any, env: Any) -> None:
    fields = list(env["garden.plant"]._fields)

    @given(st.one_of(st.sampled_from(fields), texts), st.one_of(st.sampled_from(OPERATORS), texts), values)
    @example("name", "=like", "\\")
    @example("plot_id", "<", ())
    @example("id", "in", [[]])
    @example("plot_id", "=", [1.5, {"'": "'"}])
    @example("plot_id", "=", [-1, ["'"]])
    @example("plot_id", "=", [True, (0,)])
    def refused_or_answered(field: str, operator: str, value: Any) -> None:
        call("search", [[field, operator, value]])
        call("search_count", [["plot_id", "any", [[field, operator, value]]]])
        call("search", [["child_ids." + field, operator, value]])

    refused_or_answered()


def test_shapes_of_domains_are_refused_or_answered(call: Any) -> None:
    @given(st.one_of(values, st.lists(st.one_of(st.sampled_from(["&", "|", "!"]), values), max_size=5)))
    def refused_or_answered(domain: Any) -> None:
        call("search", domain)
        call("read_group", domain, [], ["name"])

    refused_or_answered()


NAMES: dict[str, Callable[[Any, str], None]] = {
    "order": lambda call, text: call("search", [], order=text),
    "order-second": lambda call, text: call("search", [], order=f"name, {text} desc"),
    "group": lambda call, text: call("read_group", [], [], [text]),
    "group-granularity": lambda call, text: call("read_group", [], [], [f"sown:{text}"]),
    "aggregate": lambda call, text: call("read_group", [], [text], ["name"]),
    "aggregate-function": lambda call, text: call("read_group", [], [f"height:{text}"], ["name"]),
    "aggregate-name": lambda call, text: call("read_group", [], [f"{text}:sum(height)"], ["name"]),
    "group-order": lambda call, text: call("read_group", [], [], ["name"], orderby=text),
    "read": lambda call, text: call("read", RECORDS, [text]),
    "export": lambda call, text: call("export_data", RECORDS, [text, f"plot_id/{text}"]),
    "web_read": lambda call, text: call("web_read", RECORDS, {text: {}}),
    "web_read-order": lambda call, text: call("web_read", RECORDS, {"child_ids": {"fields": {}, "order": text}}),
    "fields_get": lambda call, text: call("fields_get", [text], [text]),
    "create": lambda call, text: call("create", {text: text}),
    "write": lambda call, text: call("write", RECORDS, {text: text}),
    "default_get": lambda call, text: call("default_get", [text]),
    "onchange": lambda call, text: call("onchange", [], {text: text}, [text], {text: {}}),
    "name_search": lambda call, text: call("name_search", text, [], text),
    "name_create": lambda call, text: call("name_create", text),
    "load-header": lambda call, text: call("load", ["name", text], [["x", "y"]]),
    "load-xmlid": lambda call, text: call("load", ["id", "name"], [[text, "x"]]),
    "load-id": lambda call, text: call("load", [".id", "name"], [[text, "x"]]),
    "load-link": lambda call, text: call("load", ["name", "plot_id/id", "parent_id"], [["x", text, text]]),
    "load-cells": lambda call, text: call("load", ["sown", "height", "is_wild", "kind", "seen"], [[text] * 5]),
    "search_panel": lambda call, text: call("search_panel_select_range", text),
    "search_panel-group": lambda call, text: call("search_panel_select_multi_range", "plot_id", group_by=text),
    "translations": lambda call, text: call("update_field_translations", RECORDS, text, {text: text}),
    "translations-lang": lambda call, text: call("update_field_translations", RECORDS, "title", {text: text}),
    "views": lambda call, text: call("get_views", [[False, text]], {"toolbar": True}),
    "property": lambda call, text: call("write", RECORDS, {"features": {text: text}}),
    "property-definition": lambda call, text: call(
        "create", {"feature_definition": [{"name": text, "type": "char", "string": text}]}, model="garden.plot"
    ),
    "defaults": lambda call, text: call("set", "garden.plant", text, text, model="ir.default"),
    "filters": lambda call, text: call(
        "create", {"name": text, "model_id": "garden.plant", "domain": text, "context": text}, model="ir.filters"
    ),
    "reference": lambda call, text: call("write", RECORDS, {"subject": text, "res_model": text}),
    "check_object_reference": lambda call, text: call("check_object_reference", text, text, model="ir.model.data"),
    "ids": lambda call, text: call("read", [text], ["name"]),
    **{
        f"context-{key}": lambda call, text, key=key: (
            call("search_read", [["title", "ilike", "a"], ["seen.month_number", "=", 1], ["rank", "=", 1]], ["title"],
                 order="title", context={key: text}),
            call("read_group", [], [], ["seen:week"], context={key: text}),
            call("create", {"title": "x"}, context={key: text}),
        )
        for key in ("lang", "tz", "active_test", "allowed_company_ids", "default_height", "default_name", "bin_size")
    },
    "context-key": lambda call, text: call("create", {"title": "x"}, context={f"default_{text}": text}),
}  # fmt: skip


@pytest.mark.parametrize("place", NAMES)
def test_names_hold_no_sql(call: Any, place: str) -> None:
    for text in CRAFTED:
        NAMES[place](call, text)


def test_values_of_every_field_are_refused_or_stored(call: Any, env: Any) -> None:
    @given(st.sampled_from(list(env["garden.plant"]._fields)), values)
    @example("seal", ())
    @example("currency_id", [[1, 2]])
    @example("features", [[]])
    @example("visit_ids", [[6, 0, [[]]]])
    @example("child_ids", [[1, 1, 1]])
    def refused_or_stored(field: str, value: Any) -> None:
        call("create", {field: value})
        call("write", RECORDS, {field: value})

    refused_or_stored()


def test_numbers_of_pages_and_ids_are_refused_or_answered(call: Any) -> None:
    @given(values)
    @example([True, True])
    @example([2_147_483_648, True])
    def refused_or_answered(value: Any) -> None:
        call("search", [], limit=value)
        call("search", [], offset=value)
        call("search_count", [], limit=value)
        call("read_group", [], [], ["name"], limit=value)
        call("read", value, ["name"])
        call("write", [value], {"name": "x"})
        call("unlink", [value])

    refused_or_answered()


def test_having_holds_no_sql(env: Any) -> None:
    aggregates = st.one_of(st.sampled_from(["height:sum", "name:max", "__count", "name:array_agg", "sown:min"]), texts)

    @given(aggregates, st.one_of(st.sampled_from(OPERATORS), texts), values)
    def refused_or_answered(aggregate: str, operator: str, value: Any) -> None:
        try:
            with env.cr.savepoint(flush=False):
                env["garden.plant"]._read_group([], ["name"], ["__count"], having=[(aggregate, operator, value)])
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, *VALUES_THAT_DO_NOT_FIT):
            pass

    refused_or_answered()


def test_deep_domains_and_long_lists_are_answered_or_refused(call: Any) -> None:
    deep: list[Any] = [["name", "=", "x"]]
    for _ in range(10_000):
        deep = [["parent_id", "any", deep]]
    nested: Any = []
    for _ in range(10_000):
        nested = [nested]

    call("search", ["!"] * 10_000 + [["name", "=", "x"]])
    call("search", ["|"] * 10_000 + [["name", "=", "x"]] * 10_001)
    call("search", ["&", ["name", "=", "x"]] * 5_000 + [["name", "=", "x"]])
    call("search", [".".join(["parent_id"] * 10_000), "=", 1])
    call("search", [[".".join(["parent_id"] * 10_000), "=", 1]])
    call("search", deep)
    call("search", nested)
    call("search", [["id", "in", nested]])
    call("search", [["id", "in", list(range(1_000_000))]])
    call("search", [["id", "not in", list(range(1_000_000))]])
    call("search", [["name", "in", [str(number) for number in range(100_000)]]])
    call("create", {"data": nested})
    call("read", list(range(2**30, 2**30 + 100_000)), ["name"])
