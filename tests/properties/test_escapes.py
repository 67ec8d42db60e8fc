"""Every text of a record that the server evaluates is a sandbox: rules, filters, actions, reports and views.

Each place first evaluates an honest source, so that a refusal says something about the source and not about the place.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from fondaco.errors import UserError
from fondaco.testing.form import Form

CANARY = "FONDACO_ESCAPED"
REFUSED = (UserError, ValueError, SyntaxError, AssertionError, etree.XMLSyntaxError)
SOURCES = [
    f"__import__('os').environ.setdefault('{CANARY}', '1')",
    "().__class__.__base__.__subclasses__()",
    "(lambda: 0).__globals__",
    "(lambda: 0).__code__.co_consts",
    "[found.gi_frame.f_back for found in [(x for x in [1])]]",
    "(x for x in [1]).gi_frame.f_builtins",
    "'{0.__class__}'.format(1)",
    "'{0.__class__}'.format_map({'0': 1})",
    "str.format('{0.__class__}', 1)",
    "getattr((), '__class__')",
    "type('x', (), {})",
    "open('/etc/passwd').read()",
    f'exec(\'import os; os.environ.setdefault("{CANARY}", "1")\')',
    "eval('1')",
    "compile('1', '', 'eval')",
    "globals()",
    "vars()",
    "breakpoint()",
    "(yield)",
    "(\uff07).__class__",
    "().__cla\uff53s__",
]


def rule(env: Any, source: str) -> Any:
    model_id = env["ir.model"]._get("garden.plot").id
    env["ir.rule"].create({"name": "r", "model_id": model_id, "domain_force": f"[('name', '=', {source})]"})
    return True


def rule_from_elsewhere(env: Any, source: str) -> Any:
    """A row that no constraint looked at, as from a restored dump."""
    found = env["ir.rule"].create({"name": "r", "model_id": env["ir.model"]._get("garden.plot").id})
    env.flush_all()
    domain = f"[('name', '!=', {source})]"
    env.cr.execute("UPDATE ir_rule SET domain_force = %s WHERE id = %s", [domain, found.id])
    env.invalidate_all()
    env.registry.clear_all_caches()
    clerk = env["res.users"].create({"name": "c", "login": "c", "groups_id": [(6, 0, env.ref("base.group_user").ids)]})
    env["garden.plot"].with_user(clerk).search([])
    return True


def filter_domain(env: Any, source: str) -> Any:
    found = env["ir.filters"].create({"name": "f", "model_id": "garden.plot", "domain": f"[('name', '=', {source})]"})
    return found._get_eval_domain()


def embedded_domain(env: Any, source: str) -> Any:
    found = env["ir.embedded.actions"].new({"domain": f"[('name', '=', {source})]"})
    return found.is_visible in (True, False)


def window_of_a_todo(env: Any, source: str) -> Any:
    window = env["ir.actions.act_window"].create(
        {"name": "w", "res_model": "garden.plot", "context": f"{{'key': {source}}}"}
    )
    action = env["ir.actions.actions"].browse(window.id)
    return env["ir.actions.todo"].create({"action_id": action.id}).action_launch()["context"]["key"]


def client_params(env: Any, source: str) -> Any:
    return env["ir.actions.client"].create({"name": "c", "tag": "t", "params": f"{{'key': {source}}}"}).params["key"]


def report_domain(env: Any, source: str) -> Any:
    report = env["ir.actions.report"].new({"domain": f"[('login', '!=', {source})]"})
    return report.get_valid_action_reports("res.users", env.user.ids) is not None


def report_file(env: Any, source: str) -> Any:
    return env["ir.actions.report"].new({"attachment": source})._attachment_name(env.user)


def server_code(env: Any, source: str) -> Any:
    model_id = env["ir.model"]._get("garden.plot").id
    values = {"name": "s", "model_id": model_id, "state": "code", "code": f"action = {{'key': {source}}}"}
    return env["ir.actions.server"].create(values).run()["key"]


def modifier(attribute: str) -> Callable[[Any, str], Any]:
    """A form with the source in an attribute of a field."""

    def place(env: Any, source: str) -> Any:
        arch = etree.Element("form")
        etree.SubElement(arch, "field", name="name", **{attribute: f"name == {source}"})
        view = env["ir.ui.view"].create(
            {"name": "v", "model": "garden.plot", "type": "form", "arch": etree.tostring(arch, encoding="unicode")}
        )
        return Form(env["garden.plot"], view=view).save()

    return place


PLACES: dict[str, Callable[[Any, str], Any]] = {
    "rule": rule,
    "rule-from-elsewhere": rule_from_elsewhere,
    "filter": filter_domain,
    "embedded-action": embedded_domain,
    "todo": window_of_a_todo,
    "client-action": client_params,
    "report-domain": report_domain,
    "report-file": report_file,
    "server-code": server_code,
    "invisible": modifier("invisible"),
    "readonly": modifier("readonly"),
    "required": modifier("required"),
}


@pytest.mark.parametrize("place", PLACES)
def test_no_text_of_a_record_leads_out(env: Any, place: str) -> None:
    with env.cr.savepoint() as savepoint:
        assert PLACES[place](env, "'honest'")
        savepoint.rollback()
    env.transaction.clear()

    for source in SOURCES:
        with env.cr.savepoint(flush=False) as savepoint:
            with pytest.raises(REFUSED):
                PLACES[place](env, source)
            savepoint.rollback()
        env.transaction.clear()

    assert CANARY not in os.environ


@pytest.mark.parametrize("source", SOURCES)
def test_what_clients_evaluate_is_passed_on_as_text(env: Any, source: str) -> None:
    text = f"{{'key': {source}}}"
    values = {"name": "w", "res_model": "garden.plot", "context": text, "domain": f"[('name', '=', {source})]"}
    window = env["ir.actions.act_window"].create(values)
    kept = env["ir.filters"].create({"name": "f", "model_id": "garden.plot", "context": text})

    (found,) = env["ir.filters"].get_filters("garden.plot")

    assert (window._get_action_dict()["context"], window._get_action_dict()["domain"]) == (text, values["domain"])
    assert (found["id"], found["context"]) == (kept.id, text)
    assert CANARY not in os.environ
