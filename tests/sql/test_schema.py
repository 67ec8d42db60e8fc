"""Tables follow the models: made, widened, converted, kept - never emptied."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from fondaco.orm.schema import plan, plan_leftovers, plan_required
from fondaco.orm.steps import apply
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL
from fondaco.sql.tables import Catalog

POOL = SimpleNamespace(models={}, has_unaccent=False, may_index_unaccent=False)


def column(type_: str, sql: str | None = None, **more: Any) -> Any:
    """A field of some column type, with what the schema reads of it."""
    attributes = {
        "type": "char", "store": True, "required": False, "index": None, "translate": False, "company_dependent": False,
        "unaccent": False, "encrypted": False, "comodel_name": "", "ondelete": None,
    }  # fmt: skip
    return SimpleNamespace(column_type=(type_, sql or type_), **{**attributes, **more})


def many2one(comodel: str, ondelete: str = "set null", **more: Any) -> Any:
    return column("int4", type="many2one", comodel_name=comodel, ondelete=ondelete, **more)


def many2many(comodel: str, relation: str, column1: str, column2: str) -> Any:
    field = column("", type="many2many", comodel_name=comodel, relation=relation, column1=column1, column2=column2)
    field.column_type = None
    return field


def model(name: str, constraints: Any = (), /, **fields: Any) -> Any:
    """A model as the schema sees it, known to the pool."""
    for field_name, field in fields.items():
        field.name, field.model_name = field_name, name
    made = SimpleNamespace(
        _name=name, _table=name.replace(".", "_"), _fields=fields, _sql_constraints=list(constraints), _abstract=False,
        _auto=True, _table_query=None, _parent_store=False, _table_parent=None, pool=POOL,
    )  # fmt: skip
    POOL.models[name] = made
    return made


@pytest.fixture(autouse=True)
def _empty_pool() -> None:
    POOL.models.clear()


def fit(cr: Cursor, *models: Any) -> list[tuple[str, str]]:
    """Carry out what is to be done; a second plan then has nothing left."""
    new = apply(cr, plan(models, Catalog.read(cr)))
    assert [str(step) for step in plan(models, Catalog.read(cr)) if step.unless is None] == []
    return new


def test_new_tables_go_to_postgresql_as_one_text(cr: Cursor, queries: Any) -> None:
    wanted = plan([model(name, code=column("varchar")) for name in ("x.one", "x.two", "x.three")], Catalog.read(cr))

    with queries() as seen:
        apply(cr, wanted)

    assert len([code for code in seen if "CREATE TABLE" in code]) == 1, seen
    assert {"x_one", "x_two", "x_three"} <= set(Catalog.read(cr).tables)


def test_new_tables_with_constraints_are_one_text_too(cr: Cursor, queries: Any) -> None:
    models = [model(name, [("v", "CHECK(v > 0)", "")], v=column("int4", index=True)) for name in ("x.one", "x.two")]
    wanted = plan(models, Catalog.read(cr))

    with queries() as seen:
        apply(cr, wanted)

    assert len([code for code in seen if "x_one" in code or "x_two" in code]) == 1, seen
    assert Catalog.read(cr).constraints.keys() >= {("x_one", "x_one_v"), ("x_two", "x_two_v")}


def test_a_constraint_that_cannot_be_is_all_that_a_new_table_lacks(cr: Cursor, caplog: Any) -> None:
    good = model("x.good", [("v", "CHECK(v > 0)", "")], v=column("int4"))
    faulty = model("x.faulty", [("w", "CHECK(nothing > 0)", ""), ("v", "CHECK(v > 0)", "")], v=column("int4"))

    apply(cr, plan([good, faulty], Catalog.read(cr)))

    checks = {name for _table, name in Catalog.read(cr).constraints if name.startswith("x_") and "pkey" not in name}
    assert checks >= {"x_good_v", "x_faulty_v"} and "x_faulty_w" not in checks
    assert "constrain x_faulty" in caplog.text


def test_a_table_comes_with_columns_indexes_constraints_and_references(cr: Cursor) -> None:
    country = model("x.country", code=column("varchar", "VARCHAR(2)", required=True, index=True))
    partner = model(
        "x.partner",
        [("code_unique", "UNIQUE(code)", ""), ("share", "CHECK(share <= 100 AND code NOT LIKE '%\\%%')", "")],
        code=column("varchar", index="btree_not_null"),
        name=column("jsonb", translate=True, index="trigram"),
        title=column("jsonb", translate=True, index=True),
        barcode=column("jsonb", company_dependent=True, index=True),
        share=column("numeric"),
        country_id=many2one("x.country", "restrict", required=True),
        parent_id=many2one("x.partner", "cascade", index=True),
        tag_ids=many2many("x.country", "x_rel", "partner_id", "country_id"),
    )

    assert fit(cr, partner, country) == []

    found = Catalog.read(cr)
    columns = found.tables["x_partner"].columns
    assert (columns["id"].type, columns["id"].default) == ("int4", "nextval('x_partner_id_seq'::regclass)")
    assert columns["country_id"].is_required
    assert found.tables["x_country"].columns["code"].size == 2
    definitions = {name: i.definition.partition(" USING ")[2] for name, i in found.indexes.items() if name[:2] == "x_"}
    assert definitions == {
        "x_country_pkey": "btree (id)",
        "x_country__code_index": "btree (code)",
        "x_partner_pkey": "btree (id)",
        "x_partner_code_unique": "btree (code)",
        "x_partner__code_index": "btree (code) WHERE (code IS NOT NULL)",
        "x_partner__name_index": "gin (((jsonb_path_query_array(name, '$.*'::jsonpath))::text) gin_trgm_ops)",
        "x_partner__barcode_index": "btree (((barcode IS NOT NULL))) WHERE (barcode IS NOT NULL)",
        "x_partner__parent_id_index": "btree (parent_id)",
        "x_rel_pkey": "btree (partner_id, country_id)",
        "x_rel_country_id_partner_id_idx": "btree (country_id, partner_id)",
    }
    assert {key: (k.target, k.ondelete) for key, (k,) in found.foreign_keys.items()} == {
        ("x_partner", "country_id"): ("x_country", "restrict"),
        ("x_partner", "parent_id"): ("x_partner", "cascade"),
        ("x_rel", "partner_id"): ("x_partner", "cascade"),
        ("x_rel", "country_id"): ("x_country", "cascade"),
    }
    assert found.constraints["x_partner", "x_partner_share"].comment == "CHECK(share <= 100 AND code NOT LIKE '%\\%%')"


def test_a_column_is_added_filled_and_then_required(cr: Cursor) -> None:
    fit(cr, model("x.a", old=column("int4")))
    cr.run(SQL("INSERT INTO x_a (old) VALUES (1)"))
    wider = model("x.a", old=column("int4"), new=column("int4", required=True), empty=column("int4", required=True))

    def fill(model_name: str, field_name: str) -> None:
        if field_name == "new":
            cr.run(SQL("UPDATE x_a SET new = 7"))

    new = apply(cr, plan([wider], Catalog.read(cr)), fill)

    columns = Catalog.read(cr).tables["x_a"].columns
    assert new == [("x.a", "new"), ("x.a", "empty")]
    assert columns["new"].is_required
    assert not columns["empty"].is_required

    cr.run(SQL("UPDATE x_a SET empty = 1"))
    apply(cr, plan_required([wider], Catalog.read(cr)))

    assert Catalog.read(cr).tables["x_a"].columns["empty"].is_required


@pytest.mark.parametrize(
    ("before", "value", "after", "kept"),
    [
        (column("varchar", "VARCHAR(3)"), "abc", column("varchar", "VARCHAR(9)"), "abc"),
        (column("varchar", "VARCHAR(3)"), "abc", column("varchar"), "abc"),
        (column("varchar"), "abcdef", column("varchar", "VARCHAR(3)"), "abcdef"),
        (column("int4"), 5, column("float8"), 5.0),
        (column("float8"), 1.5, column("numeric"), 1.5),
        (column("varchar"), "ab", column("text"), "ab"),
        (column("int4"), 5, column("varchar"), "5"),
        (column("date"), "2026-02-03", column("timestamp", type="datetime"), "2026-02-03 00:00:00"),
        (column("varchar"), "ab", column("jsonb", translate=True), {"en_US": "ab"}),
    ],
    ids=["longer", "unbounded", "not shorter", "int-float", "float-numeric", "text", "int-char", "day", "translated"],
)
def test_a_type_that_holds_every_value_is_changed_in_place(
    cr: Cursor, before: Any, value: Any, after: Any, kept: Any
) -> None:
    fit(cr, model("x.a", v=before))
    cr.run(SQL("INSERT INTO x_a (v) VALUES (%s)", value))

    fit(cr, model("x.a", v=after))

    found = cr.fetch(SQL("SELECT v FROM x_a"))[0][0]
    assert (found if after.type != "datetime" else str(found)) == kept
    assert list(Catalog.read(cr).tables["x_a"].columns) == ["id", "v"]


def test_a_type_that_would_lose_values_leaves_the_old_column_beside_the_new(cr: Cursor) -> None:
    fit(cr, model("x.a", v=column("varchar", required=True)))
    cr.run(SQL("INSERT INTO x_a (v) VALUES ('twelve')"))

    assert fit(cr, model("x.a", v=column("int4"))) == [("x.a", "v")]
    assert fit(cr, model("x.a", v=column("bool"))) == [("x.a", "v")]

    assert cr.fetch(SQL("SELECT v, v_moved1, v_moved2 FROM x_a")) == [(None, "twelve", None)]
    cr.run(SQL("INSERT INTO x_a (v) VALUES (true)"))


def test_a_text_that_is_no_longer_translated_keeps_its_source_and_its_languages(cr: Cursor) -> None:
    fit(cr, model("x.a", v=column("jsonb", translate=True)))
    cr.run(SQL("INSERT INTO x_a (v) VALUES (%s)", {"en_US": "chair", "fr_FR": "chaise"}))

    fit(cr, model("x.a", v=column("varchar")))

    assert cr.fetch(SQL("SELECT v, v_moved1 FROM x_a")) == [("chair", {"en_US": "chair", "fr_FR": "chaise"})]


def test_a_reference_follows_what_the_field_says(cr: Cursor) -> None:
    fit(cr, model("x.a", a_id=many2one("x.a", "set null")))

    fit(cr, model("x.a", a_id=many2one("x.a", "cascade")))

    (key,) = Catalog.read(cr).foreign_keys["x_a", "a_id"]
    assert key.ondelete == "cascade"


def test_a_constraint_follows_its_definition_and_gives_way_to_the_data(cr: Cursor) -> None:
    fit(cr, model("x.a", [("v", "CHECK(v > 0)", "")], v=column("int4")))
    cr.run(SQL("INSERT INTO x_a (v) VALUES (1)"))
    fit(cr, model("x.a", [("v", "CHECK(v > 0 AND v < 5)", "")], v=column("int4")))
    assert "v < 5" in Catalog.read(cr).constraints["x_a", "x_a_v"].definition

    impossible = model("x.a", [("v", "CHECK(v > 100)", "")], v=column("int4"))
    apply(cr, plan([impossible], Catalog.read(cr)))

    assert "v < 5" in Catalog.read(cr).constraints["x_a", "x_a_v"].definition


def test_a_view_on_a_column_does_not_stop_its_change(cr: Cursor) -> None:
    fit(cr, model("x.a", v=column("int4")))
    cr.execute("CREATE VIEW x_seen AS SELECT v FROM x_a")

    fit(cr, model("x.a", v=column("float8")))

    assert "x_seen" not in Catalog.read(cr).tables


def test_required_columns_without_a_field_may_be_empty_again(cr: Cursor) -> None:
    fit(cr, model("x.a", v=column("int4", required=True), w=column("int4", required=True)))
    left = model("x.a", w=column("int4", required=True))

    apply(cr, plan_leftovers([left], Catalog.read(cr)))

    columns = Catalog.read(cr).tables["x_a"].columns
    assert [columns["v"].is_required, columns["w"].is_required] == [False, True]


def test_tables_that_share_a_series_of_ids(cr: Cursor) -> None:
    parent = model("x.parent", name=column("varchar"))
    child = model("x.child", name=column("varchar"), more=column("int4"))
    child._table_parent = "x_parent"
    other = model("x.other", parent_id=many2one("x.parent"))
    fit(cr, child, other, parent)

    ids = [
        cr.fetch(SQL("INSERT INTO %s (name) VALUES ('n') RETURNING id", SQL.identifier(table)))[0][0]
        for table in ("x_parent", "x_child", "x_parent")
    ]

    assert ids == [1, 2, 3]
    assert cr.fetch(SQL("SELECT count(*) FROM x_parent")) == [(3,)]
    cr.run(SQL("INSERT INTO x_other (parent_id) VALUES (2)"))


def test_a_column_new_to_all_of_a_family_of_tables_is_added_once(cr: Cursor) -> None:
    def family(**fields: Any) -> list[Any]:
        parent, child = (model(name, name=column("varchar"), **fields) for name in ("x.parent", "x.child"))
        child._table_parent = "x_parent"
        return [child, parent]

    fit(cr, *family())
    fit(cr, *family(flag=column("bool")))

    assert all("flag" in Catalog.read(cr).tables[name].columns for name in ("x_parent", "x_child"))


def test_a_text_with_an_index_of_its_parts_becomes_translated(cr: Cursor) -> None:
    fit(cr, model("x.a", v=column("varchar", index="trigram")))
    cr.run(SQL("INSERT INTO x_a (v) VALUES ('text')"))

    fit(cr, model("x.a", v=column("jsonb", index="trigram", translate=True)))

    assert cr.fetch(SQL("SELECT v FROM x_a")) == [({"en_US": "text"},)]
    assert "jsonb_path_query_array" in Catalog.read(cr).indexes["x_a__v_index"].definition
