"""Remembered answers: by which key, until when, and that other processes forget them too."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.registry.ormcache import ormcache, ormcache_context
from fondaco.registry.transact import transact


@pytest.fixture
def calls(ledger_registry: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The calls that were really made of methods `sum_of` and `in_language` of ledger.tag."""
    made: list[Any] = []

    def sum_of(self: Any, a: int, b: int = 1, *, noise: object = None) -> int:
        made.append((a, b))
        return a + b

    def in_language(self: Any, text: str) -> str:
        made.append(text)
        return f"{text} {self.env.context.get('lang')}"

    model = ledger_registry["ledger.tag"]
    monkeypatch.setattr(model, "sum_of", ormcache("a", "b")(sum_of), raising=False)
    monkeypatch.setattr(model, "in_language", ormcache_context("text", keys=("lang",))(in_language), raising=False)
    return made


def test_an_answer_is_remembered_by_the_values_of_its_key(env: Any, calls: list[Any]) -> None:
    tag = env["ledger.tag"]
    assert [tag.sum_of(1), tag.sum_of(1, 1), tag.sum_of(a=1, b=1, noise=object()), tag.sum_of(1, b=2)] == [2, 2, 2, 3]
    assert calls == [(1, 1), (1, 2)]
    env.registry.clear_cache()
    tag.sum_of(1)
    assert len(calls) == 3
    env.registry.clear_cache("routing")
    tag.sum_of(1)
    assert len(calls) == 3


def test_a_context_key_is_part_of_the_key(env: Any, calls: list[Any]) -> None:
    tag = env["ledger.tag"]
    assert tag.in_language("x") == "x None"
    assert tag.with_context(lang="fr_FR").in_language("x") == "x fr_FR"
    assert tag.with_context(other=1).in_language("x") == "x None"
    assert len(calls) == 2


def test_another_process_forgets_after_the_commit(
    ledger_registry: Any, config: Any, pools: Any, calls: list[Any]
) -> None:
    ledger_registry.check_signaling()
    with closing(ledger_registry.cursor()) as cr:
        Environment(cr, 1, {})["ledger.tag"].sum_of(5)
    other = Registries(config, pools).get(ledger_registry.db_name)
    transact(other, lambda env: other.clear_cache(), uid=1)
    assert ledger_registry.check_signaling()
    with closing(ledger_registry.cursor()) as cr:
        Environment(cr, 1, {})["ledger.tag"].sum_of(5)
    assert calls == [(5, 1)] * 2


def test_work_that_fails_announces_nothing_but_forgets(ledger_registry: Any, config: Any, pools: Any) -> None:
    other = Registries(config, pools).get(ledger_registry.db_name)
    ledger_registry.check_signaling()

    def failing(env: Any) -> None:
        env["ir.config_parameter"].set_param("some.key", "never")
        assert env["ir.config_parameter"].get_param("some.key") == "never"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transact(other, failing, uid=1)
    assert transact(other, lambda env: env["ir.config_parameter"].get_param("some.key"), uid=1) is False
    assert ledger_registry.check_signaling()
