"""Models, fields, external ids and rights of uom, product and contacts, held against the recorded ones.

What is knowingly not there yet is in docs/compatibility.md: labels and reports, activities and messages.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

ORACLE = Path(os.environ.get("FONDACO_ORACLE", Path(__file__).resolve().parents[4] / "shared" / "oracle"))
MODULES = ("uom", "product", "contacts")
# Records that other programs name; views and reports are ours.
NAMED = (
    "decimal.precision", "ir.actions.act_window", "ir.actions.act_window.view", "ir.model.access", "ir.rule",
    "ir.ui.menu", "product.category", "res.groups", "uom.category", "uom.uom",
)  # fmt: skip
pytestmark = pytest.mark.skipif(not ORACLE.exists(), reason="the recorded facts are not part of the repository")


@pytest.fixture
def env(database_with, env_of):
    return env_of(database_with("product", "contacts"))


def recorded(kind, module):
    path = ORACLE / kind / f"{module}.json"
    return json.loads(path.read_text()) if path.exists() else {"models": [], "records": {}}


@pytest.mark.parametrize("module", MODULES)
def test_fields_are_the_recorded_ones(env, module):
    differing = []
    for model in recorded("models", module)["models"]:
        ours = env.registry.models.get(model["model"])
        if ours is None:
            continue
        for field in model["fields"]:
            if field.get("relation", "").startswith("mail.") or field["name"].startswith(("activity_", "message_")):
                continue
            found = ours._fields.get(field["name"])
            keys = ("ttype", "relation", "required", "store", "readonly", "string")
            has = found and {
                "ttype": found.type, "relation": getattr(found, "comodel_name", None) or None,
                "required": bool(found.required), "store": bool(found.store), "readonly": bool(found.readonly),
                "string": found.string,
            }  # fmt: skip
            wanted = {key: field.get(key) for key in keys}
            if has != wanted and not field["name"].startswith(("my_activity", "has_message")):
                differing.append((model["model"], field["name"], has, wanted))

    assert differing == []


@pytest.mark.parametrize("module", MODULES)
def test_records_have_the_recorded_names(env, module):
    missing = []
    for model, records in recorded("data_ids", module)["records"].items():
        for record in records if model in NAMED else ():
            found = env.ref(f"{module}.{record['id']}", raise_if_not_found=False)
            if "label_layout" not in record["id"] and (not found or found._name != model):
                missing.append((model, record["id"]))

    assert missing == []


@pytest.mark.parametrize("module", MODULES)
def test_rights_are_the_recorded_ones(env, module):
    differing = []
    for record in recorded("data_ids", module)["records"].get("ir.model.access", ()):
        found = env.ref(f"{module}.{record['id']}", raise_if_not_found=False)
        if found:
            modes = zip("rwcd", ("read", "write", "create", "unlink"), strict=True)
            perms = "".join(letter if found[f"perm_{mode}"] else "-" for letter, mode in modes)
            if (perms, found.model_id.model) != (record["perms"], record["model_name"]):
                differing.append((record["id"], perms, record["perms"]))

    assert differing == []


def test_units_have_the_recorded_factors(env):
    for record in recorded("data_ids", "uom")["records"]["uom.uom"]:
        unit = env.ref(f"uom.{record['id']}")
        expected = (record["name"], pytest.approx(record["factor"], rel=1e-9), record["rounding"], record["uom_type"])
        assert (unit.name, unit.factor, unit.rounding, unit.uom_type) == expected
        assert unit.category_id == env.ref(record["category"])
