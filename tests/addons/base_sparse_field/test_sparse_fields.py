"""Fields that share one column: kept in it, described, made by hand, and protected from losing their values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from fondaco.errors import FieldError, UserError, ValidationError
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment

SUPERUSER = 1
TAG = "res.partner.category"


@pytest.fixture
def env(registries: Registries, database_with: Callable[..., str]) -> Iterator[Environment]:
    with closing(registries.get(database_with("base_sparse_field")).cursor()) as cr:
        yield Environment(cr, SUPERUSER, {})


@pytest.fixture
def make(env: Environment) -> Callable[..., Any]:
    def make(name: str, kind: str, model: str = TAG, **values: Any) -> Any:
        described = {"name": name, "ttype": kind, "field_description": name, "model_id": env["ir.model"]._get_id(model)}
        return env["ir.model.fields"].create({**described, **values})

    return make


@pytest.fixture
def holder(make: Callable[..., Any]) -> Any:
    return make("x_data", "serialized")


def column(env: Environment, tag: Any) -> Any:
    env.flush_all()
    env.cr.execute("SELECT x_data FROM res_partner_category WHERE id = %s", [tag.id])
    return json.loads(env.cr.fetchone()[0] or "{}")


def test_values_are_kept_in_the_column_of_the_holder(env, make, holder):
    for name, kind, more in (
        ("x_flag", "boolean", {}), ("x_count", "integer", {}), ("x_ratio", "float", {}), ("x_text", "char", {}),
        ("x_day", "date", {}), ("x_at", "datetime", {}), ("x_who", "many2one", {"relation": "res.partner"}),
        ("x_kind", "selection", {"selection": "[('a', 'A')]"}),
    ):  # fmt: skip
        make(name, kind, serialization_field_id=holder.id, **more)
    partner = env["res.partner"].create({"name": "Ada"})
    values = {
        "x_flag": True, "x_count": 3, "x_ratio": 0.5, "x_text": "t", "x_day": "2024-01-02",
        "x_at": "2024-01-02 03:04:05", "x_who": partner.id, "x_kind": "a",
    }  # fmt: skip

    tag = env[TAG].create({"name": "Tag", **values})

    assert column(env, tag) == values
    env.invalidate_all()
    assert (tag.x_flag, tag.x_count, tag.x_ratio, tag.x_text, tag.x_kind) == (True, 3, 0.5, "t", "a")
    assert (str(tag.x_day), str(tag.x_at), tag.x_who) == ("2024-01-02", "2024-01-02 03:04:05", partner)

    tag.write({"x_count": 0, "x_text": "u"})
    assert column(env, tag) == {**{k: v for k, v in values.items() if k != "x_count"}, "x_text": "u"}


def test_a_record_that_is_gone_is_no_value(env, make, holder):
    make("x_who", "many2one", relation="res.partner", serialization_field_id=holder.id)
    partner = env["res.partner"].create({"name": "Ada"})
    tag = env[TAG].create({"name": "Tag", "x_who": partner.id})

    partner.unlink()
    env.invalidate_all()

    assert not tag.x_who


def test_a_copy_takes_the_values_along(env, make, holder):
    make("x_text", "char", serialization_field_id=holder.id)
    tag = env[TAG].create({"name": "Tag", "x_text": "t"})

    assert tag.copy().x_text == "t"


def test_the_holder_may_be_written_as_a_whole(env, make, holder):
    make("x_text", "char", serialization_field_id=holder.id)
    tag = env[TAG].create({"name": "Tag"})

    assert tag.x_data == {}
    tag.x_data = {"x_text": "t"}

    assert tag.x_text == "t"
    with pytest.raises(ValueError, match="expected"):
        tag.x_data = [1]


def test_a_sparse_field_is_neither_renamed_nor_moved(make, holder):
    field = make("x_text", "char", serialization_field_id=holder.id)

    with pytest.raises(UserError, match="renamed"):
        field.name = "x_other"
    with pytest.raises(UserError, match="cannot be changed"):
        field.serialization_field_id = False


def test_only_a_serialized_field_of_the_model_keeps_values(make):
    with pytest.raises((ValidationError, FieldError), match="serialized"):
        make("x_text", "char", serialization_field_id=make("x_plain", "char").id)
