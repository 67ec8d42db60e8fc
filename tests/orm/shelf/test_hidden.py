"""What a model hides in its own code, by `_search` or `_check_access`, is hidden however a user asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.errors import AccessError
from fondaco.orm.read import ASKED


@pytest.fixture
def env(shelf_env: Any) -> Any:
    return shelf_env


@pytest.mark.parametrize("model", ["shelf.letter", "shelf.diary"])
@pytest.mark.parametrize("is_cached", [False, True])
def test_what_a_model_hides_in_its_code_is_not_read_by_its_id(env, reader, model, is_cached):
    shown, hidden = env[model].create([{"name": "open", "text": "a"}, {"name": "sealed", "text": "b"}])
    env.flush_all()
    theirs = hidden.with_user(reader)

    for ask in (
        lambda: theirs.read(["text"]),
        lambda: theirs.web_read({"text": {}}),
        lambda: theirs.text,
        lambda: (shown.with_user(reader) + theirs).read(["text"]),
        lambda: theirs.copy(),
    ):
        env.invalidate_all()
        if is_cached:
            hidden.fetch(["name"])
        with pytest.raises(AccessError):
            ask()
    both = (shown + hidden).with_user(reader)
    assert both[0].text == "a" and both[0].display_name == "open"
    assert shown.with_user(reader).read(["text"]) == [{"id": shown.id, "text": "a"}]
    assert hidden.text == "b"


@pytest.mark.parametrize("model", ["shelf.letter", "shelf.diary"])
def test_no_context_of_a_client_opens_it(env, reader, model):
    hidden = env[model].create({"name": "sealed", "text": "b"})
    env.flush_all()
    env.invalidate_all()
    theirs = hidden.with_user(reader).with_context(**{ASKED: True})

    with pytest.raises(AccessError):
        theirs.text  # noqa: B018


def test_the_words_of_a_model_that_refuses_a_record_are_told(env, reader):
    diary = env["shelf.diary"].create({"name": "sealed"})
    env.flush_all()
    env.invalidate_all()

    with pytest.raises(AccessError, match="1 sealed"):
        diary.with_user(reader).read(["text"])


def test_what_is_archived_or_gone_is_read_as_of_other_models(env, reader):
    archived, gone = env["shelf.letter"].create([{"name": "old", "active": False}, {"name": "x"}])
    gone.unlink()
    env.flush_all()
    env.invalidate_all()

    assert archived.with_user(reader).name == "old"
    assert (archived + gone).with_user(reader).read(["name"]) == [{"id": archived.id, "name": "old"}]


def test_what_is_changed_and_not_written_yet_counts(env, reader):
    letter = env["shelf.letter"].create({"name": "open", "text": "a"})
    env.flush_all()
    env.invalidate_all()
    letter.name = "sealed"

    with pytest.raises(AccessError):
        letter.with_user(reader).read(["text"])
