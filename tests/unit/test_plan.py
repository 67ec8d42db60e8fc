"""Manifests, states and a request become ordered steps."""

from pathlib import Path

import pytest

from fondaco.errors import ModuleError
from fondaco.modules.manifest import normalise
from fondaco.modules.plan import Action, Request, State, load_order, make_plan


def manifests(**specs):
    specs.setdefault("base", {})
    return {name: normalise(name, Path("/nowhere") / name, values) for name, values in specs.items()}


def installed(*names):
    return {name: State("installed", "18.0.1.0") for name in names}


def actions(plan):
    return [(step.action.value, step.module) for step in plan.changes]


SHOP = {
    "web": {},
    "uom": {},
    "product": {"depends": ["uom", "web"]},
    "sale": {"depends": ["product"]},
    "stock": {"depends": ["product"]},
    "sale_stock": {"depends": ["sale", "stock"], "auto_install": True},
}


def test_dependencies_come_first_and_equal_depths_by_name():
    assert load_order(manifests(**SHOP), SHOP) == ["uom", "web", "product", "sale", "stock", "sale_stock"]


def test_an_install_draws_in_what_it_needs_and_what_installs_itself():
    plan = make_plan(
        manifests(**SHOP), installed("base", "web", "uom", "product", "sale"), Request.of(install=["stock"])
    )

    assert actions(plan) == [("install", "stock"), ("install", "sale_stock")]
    assert plan.names(*Action)[:2] == ["base", "uom"]
    assert "installs itself" in str(plan)


def test_an_auto_installed_module_that_was_removed_does_not_come_back():
    states = installed("base", "web", "uom", "product", "sale", "stock")

    plan = make_plan(manifests(**SHOP, other={}), states, Request.of(install=["other"]))

    assert actions(plan) == [("install", "other")]


def test_a_module_for_other_countries_does_not_install_itself():
    shop = {**SHOP, "shop_be": {"depends": ["product"], "auto_install": True, "countries": ["be"]}}

    here, there, asked = (
        make_plan(manifests(**shop), installed("base"), request)
        for request in (
            Request.of(["product"], countries=["BE"]),
            Request.of(["product"], countries=["FR"]),
            Request.of(["shop_be"], countries=["FR"]),
        )
    )

    assert ("install", "shop_be") in actions(here)
    assert ("install", "shop_be") not in actions(there)
    assert ("install", "shop_be") in actions(asked)


def test_an_upgrade_draws_in_what_came_with_the_new_version():
    shop = {**SHOP, "fresh": {"depends": ["web"], "auto_install": True}}
    known = {**installed("base", "web"), "fresh": State("uninstalled")}

    assert actions(make_plan(manifests(**shop), installed("base", "web"), Request.of(upgrade=["web"]))) == [
        ("upgrade", "web"),
        ("install", "fresh"),
    ]
    assert actions(make_plan(manifests(**shop), known, Request.of(upgrade=["web"]))) == [("upgrade", "web")]
    assert actions(make_plan(manifests(**shop), installed("base", "web"), Request.of(install=["uom"]))) == [
        ("install", "uom")
    ]


def test_an_upgrade_reaches_all_that_builds_on_the_module():
    states = installed("base", "web", "uom", "product", "sale")

    plan = make_plan(manifests(**SHOP), states, Request.of(upgrade=["uom"]))

    assert actions(plan) == [("upgrade", "uom"), ("upgrade", "product"), ("upgrade", "sale")]
    assert plan.changes[0].found == "18.0.1.0"


def test_an_upgrade_installs_a_dependency_that_is_new():
    shop = {**SHOP, "web": {"depends": ["base", "bus"]}, "bus": {}}

    plan = make_plan(manifests(**shop), installed("base", "web"), Request.of(upgrade=["web"]))

    assert actions(plan) == [("install", "bus"), ("upgrade", "web")]


def test_a_removal_takes_what_builds_on_it_deepest_first():
    plan = make_plan(manifests(**SHOP), installed("base", *SHOP), Request.of(remove=["sale"]))

    assert actions(plan) == [("remove", "sale_stock"), ("remove", "sale")]


@pytest.mark.parametrize(
    ("specs", "request_", "message"),
    [
        ({"a": {"depends": ["b"]}, "b": {"depends": ["a"]}}, Request.of(install=["a"]), "ring: a -> b -> a"),
        (
            {"sale": {"depends": ["prodct"]}, "product": {}},
            Request.of(install=["sale"]),
            "'prodct', which 'sale' depends on",
        ),
        ({"stock": {}}, Request.of(install=["stok"]), "did you mean 'stock'"),
        ({"off": {"installable": False}}, Request.of(install=["off"]), "'off' cannot be installed"),
        ({}, Request.of(remove=["base"]), "everything is built on it"),
        ({"a": {"excludes": ["b"]}, "b": {}}, Request.of(install=["a", "b"]), "exclude each other"),
    ],
)
def test_a_request_that_cannot_be_met_says_why(specs, request_, message):
    with pytest.raises(ModuleError, match=message):
        make_plan(manifests(**specs), installed("base"), request_)


def test_an_installed_module_whose_code_is_gone_is_left_alone():
    plan = make_plan(manifests(), installed("base", "gone"), Request.of(upgrade=["all"]))

    assert actions(plan) == [("upgrade", "base")]
    assert "'gone' is installed and cannot be loaded" in plan.notes[0]


def test_a_plan_without_changes_prints_so():
    assert str(make_plan(manifests(), installed("base"), Request())) == "nothing to do"


def test_what_is_there_is_loaded_before_what_comes():
    plan = make_plan(manifests(web={}, alpha={}), installed("base", "web"), Request.of(install=["alpha"]))

    assert [step.module for step in plan.steps] == ["base", "web", "alpha"]


def test_what_is_there_but_needs_a_new_module_waits_for_it():
    found = manifests(web={}, alpha={}, beta={"depends": ["alpha"]}, zeta={})
    request = Request.of(install=["zeta"], upgrade=["beta"])

    plan = make_plan(found, installed("base", "web", "beta"), request)

    assert [step.module for step in plan.steps] == ["base", "web", "alpha", "zeta", "beta"]
