"""Fields made in the UI or by data files: of every type, computed, related, renamed, used by views, and gone again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from fondaco.errors import AccessError, UserError, ValidationError
from fondaco.modules.registries import Registries
from fondaco.orm.commands import Command
from fondaco.orm.environment import Environment

SUPERUSER = 1
TAG = "res.partner.category"


@pytest.fixture
def env(registries: Registries, database: str) -> Iterator[Environment]:
    """An environment, rolled back after the test; the registry, which the test changes, with it."""
    with closing(registries.get(database).cursor()) as cr:
        yield Environment(cr, SUPERUSER, {})


@pytest.fixture
def make(env: Environment) -> Callable[..., Any]:
    """make("x_name", "char", ...): a custom field of the tags of contacts."""

    def make(name: str, kind: str, model: str = TAG, **values: Any) -> Any:
        described = {"name": name, "ttype": kind, "field_description": name, "model_id": env["ir.model"]._get_id(model)}
        return env["ir.model.fields"].create({**described, **values})

    return make


@pytest.fixture
def tag(env: Environment) -> Any:
    return env[TAG].create({"name": "Tag"})


@pytest.mark.parametrize(
    ("kind", "values", "written", "read", "column"),
    [
        ("char", {"size": 5}, "abcdefg", "abcde", "varchar"),
        ("char", {"translate": True}, "text", "text", "jsonb"),
        ("text", {}, "a\nb", "a\nb", "text"),
        ("html", {}, "<p>x<script>1</script></p>", "<p>x</p>", "text"),
        ("html", {"sanitize": False}, "<p onclick='x'>y</p>", "<p onclick='x'>y</p>", "text"),
        ("integer", {}, "7", 7, "int4"),
        ("float", {}, 1.5, 1.5, "float8"),
        ("boolean", {}, 1, True, "bool"),
        ("date", {}, "2024-01-02", "2024-01-02", "date"),
        ("datetime", {}, "2024-01-02 03:04:05", "2024-01-02 03:04:05", "timestamp"),
        ("selection", {"selection": "[('a', 'A'), ('b', 'B')]"}, "b", "b", "varchar"),
        ("reference", {"selection": "[('res.partner', 'P')]"}, "res.partner,1", "res.partner,1", "varchar"),
        ("many2one", {"relation": "res.partner"}, 1, 1, "int4"),
        ("many2many", {"relation": "res.partner"}, [(6, 0, [1])], [1], None),
        ("binary", {}, "YQ==", "YQ==", None),
        ("json", {}, {"a": [1]}, {"a": [1]}, "jsonb"),
    ],
)
def test_a_field_of_each_type_is_kept(env, make, tag, kind, values, written, read, column):
    make("x_it", kind, **values)

    tag = env[TAG].browse(tag.id)
    tag.write({"x_it": written})
    env.flush_all()
    env.invalidate_all()

    found = tag.read(["x_it"], load=None)[0]["x_it"]
    assert (str(found) if kind in ("date", "datetime") else found) == read
    env.cr.execute(
        "SELECT udt_name FROM information_schema.columns WHERE table_name = %s AND column_name = 'x_it'", [tag._table]
    )
    assert env.cr.fetchone() == (column and (column,))


def test_an_amount_takes_the_currency_field_named(env, make, tag):
    make("x_money_id", "many2one", relation="res.currency")
    make("x_amount", "monetary", currency_field="x_money_id")

    tag.write({"x_money_id": env.ref("base.EUR").id, "x_amount": 1.239})

    assert tag.x_amount == 1.24


def test_lines_hang_on_a_custom_relation(env, make, tag):
    make("x_tag_id", "many2one", model="res.country", relation=TAG)
    make("x_country_ids", "one2many", relation="res.country", relation_field="x_tag_id")

    country = env.ref("base.fr")
    country.x_tag_id = tag

    assert tag.x_country_ids == country
    with pytest.raises(UserError, match="x_nothing"):
        make("x_more_ids", "one2many", relation="res.country", relation_field="x_nothing")


def test_two_lists_of_the_same_records_are_apart(env, make, tag):
    make("x_first_ids", "many2many", relation="res.country")
    make("x_second_ids", "many2many", relation="res.country")
    make("x_tag_ids", "many2many", model="res.country", relation=TAG)
    france, spain = env.ref("base.fr"), env.ref("base.es")

    tag.write({"x_first_ids": [Command.link(france.id)], "x_second_ids": [Command.link(spain.id)]})
    env.flush_all()
    env.invalidate_all()

    assert (tag.x_first_ids, tag.x_second_ids) == (france, spain)
    assert france.x_tag_ids == tag


def test_groups_are_shown_though_they_are_empty(env, make, tag):
    make("x_country_id", "many2one", relation="res.country.group", group_expand=True)
    make("x_kind", "selection", selection="[('a', 'A'), ('b', 'B')]", group_expand=True)

    by_kind = env[TAG].read_group([], [], ["x_kind"])
    by_group = env[TAG].read_group([], [], ["x_country_id"])

    assert [group["x_kind"] for group in by_kind] == ["a", "b", False]
    assert len(by_group) == env["res.country.group"].search_count([]) + 1


def test_a_value_is_computed_by_the_code_of_the_field(env, make, tag):
    code = "for record in self:\n    record['x_length'] = len(record.name or '')"
    make("x_length", "integer", compute=code, depends="name", store=True)

    assert tag.x_length == 3
    tag.name = "Longer"
    assert env[TAG].search([("x_length", "=", 6)]) == tag


def test_code_cannot_reach_out(make, tag):
    with pytest.raises((ValueError, ValidationError, UserError)):
        make("x_evil", "char", compute="for r in self:\n    r['x_evil'] = ().__class__.__bases__[0]", depends="name")
        _ = tag.x_evil


def test_a_value_is_read_through_a_path(env, make, tag):
    make("x_colour", "integer", related="parent_id.color")
    parent = env[TAG].create({"name": "P", "color": 4})

    tag.parent_id = parent

    assert tag.x_colour == 4
    with pytest.raises(UserError, match="nothing"), env.cr.savepoint():
        make("x_other", "integer", related="parent_id.nothing")
    with pytest.raises(ValidationError, match="type"), env.cr.savepoint():
        make("x_text", "char", related="parent_id.color")


def test_values_of_a_selection_come_and_go(env, make, tag):
    field = make("x_kind", "selection", selection="[('a', 'A'), ('b', 'B')]")
    tag.x_kind = "b"

    field.selection_ids.filtered(lambda option: option.value == "b").unlink()
    field.write({"selection_ids": [Command.create({"value": "c", "name": "C"})]})

    tag = env[TAG].browse(tag.id)
    assert tag.x_kind is False
    tag.x_kind = "c"
    assert dict(tag.fields_get(["x_kind"])["x_kind"]["selection"]) == {"a": "A", "c": "C"}


def test_a_field_that_is_renamed_keeps_its_values(env, make, tag):
    field = make("x_old", "char")
    tag.x_old = "kept"

    field.name = "x_new"

    assert env[TAG].browse(tag.id).x_new == "kept" and "x_old" not in env[TAG]._fields


def test_what_cannot_change_is_refused(make):
    field = make("x_it", "char")

    with pytest.raises(UserError, match="type"):
        field.ttype = "integer"
    with pytest.raises(ValidationError, match="x_"):
        make("no_prefix", "char")
    with pytest.raises(ValidationError):
        make("x_it; DROP TABLE res_users", "char")
    with pytest.raises(UserError, match="no\\.model"):
        make("x_rel", "many2one", relation="no.model")


def test_a_field_goes_whose_values_are_not_written_yet(env, make, tag):
    field = make("x_passing", "char")
    tag = env[TAG].browse(tag.id)
    tag.x_passing = "waits for its column"

    field.unlink()
    env.flush_all()

    assert "x_passing" not in env[TAG]._fields


def test_a_field_that_a_view_shows_stays(env, make, tag):
    field = make("x_it", "char")
    view = env["ir.ui.view"].create(
        {"name": "tags", "model": TAG, "arch": '<list><field name="name"/><field name="x_it"/></list>'}
    )

    with pytest.raises(UserError, match="x_it"):
        field.unlink()
    view.unlink()
    field.unlink()

    assert "x_it" not in env[TAG]._fields
    env.cr.execute(
        "SELECT 1 FROM information_schema.columns WHERE column_name = 'x_it' AND table_name = %s", [tag._table]
    )
    assert env.cr.fetchone() is None


def test_only_its_groups_see_a_field(env, make, tag):
    group = env["res.groups"].create({"name": "Those who know"})
    field = make("x_secret", "char", groups=[Command.link(group.id)])
    user = env["res.users"].create({"name": "u", "login": "u"})

    assert "x_secret" not in env[TAG].with_user(user).fields_get()
    with pytest.raises(AccessError):
        env[TAG].with_user(user).search([("x_secret", "=", "x")])
    user.groups_id += group
    assert "x_secret" in env[TAG].with_user(user).fields_get()
    user.groups_id -= group
    field.groups = False
    assert "x_secret" in env[TAG].with_user(user).fields_get()


def test_an_index_is_made(env, make, tag):
    field = make("x_it", "char")
    query = "SELECT count(*) FROM pg_indexes WHERE tablename = %s AND indexdef LIKE %s"

    env.cr.execute(query, [tag._table, "%x_it%"])
    assert env.cr.fetchone() == (0,)
    field.index = True
    env.cr.execute(query, [tag._table, "%x_it%"])
    assert env.cr.fetchone() == (1,)


def test_a_default_that_a_user_sets_holds(env, make):
    make("x_it", "char")
    env["ir.default"].set(TAG, "x_it", "set")

    assert env[TAG].create({"name": "n"}).x_it == "set"


def test_another_process_has_the_same_fields(registries: Registries, database_with: Callable[..., str]) -> None:
    name = database_with("uom")
    field = f"x_colour_{uuid.uuid4().hex[:8]}"
    with closing(registries.get(name).cursor()) as cr:
        env = Environment(cr, SUPERUSER, {})
        env["ir.model.fields"].create(
            {
                "name": field, "ttype": "selection", "selection": "[('r', 'Red')]", "field_description": "Colour",
                "model_id": env["ir.model"]._get_id(TAG),
            }
        )  # fmt: skip
        env[TAG].create({"name": "red", field: "r"})
        env.flush_all()
        cr.commit()

    registries.forget(name)

    with closing(registries.get(name).cursor()) as cr:
        env = Environment(cr, SUPERUSER, {})
        assert env[TAG].search([(field, "=", "r")]).name == "red"
        assert env[TAG].fields_get([field])[field]["selection"] == [("r", "Red")]
