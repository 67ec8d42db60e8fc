"""The master password: what opens, what does not, and how another one reaches the file and the other processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fondaco import log
from fondaco.config import Config, load
from fondaco.config.inifile import put, read
from fondaco.errors import AccessDenied
from fondaco.rpc.master import MasterPassword, TooManyGuesses
from fondaco.security.guesses import FREE, WAIT_S, Guesses

FILE = """\
; by hand
[options]
admin_passwd = first
    second line
# why
workers = 2

[other]
admin_passwd = theirs
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "fondaco.conf"
    path.write_text(FILE.replace("\n    second line", ""))
    path.chmod(0o644)
    return path


def config_of(path: Path) -> Config:
    return load(["-c", str(path)], {"HOME": str(path.parent)})


def test_a_key_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "some.conf"
    path.write_text(FILE)

    put(str(path), "admin_passwd", "another")

    assert path.read_text() == FILE.replace("first\n    second line", "another")


@pytest.mark.parametrize(
    "text", ["", "# only words\n", "[options]\nworkers = 2\n\n[other]\nx = 1\n", "[other]\nx = 1\n"]
)
def test_a_key_that_was_not_there_is_added_to_its_section(text: str, tmp_path: Path) -> None:
    path = tmp_path / "some.conf"
    path.write_text(text)

    put(str(path), "admin_passwd", "new")

    assert read(str(path)).options["admin_passwd"].text == "new"
    assert all(line in path.read_text() for line in text.splitlines())


def test_a_new_one_is_hashed_and_other_processes_take_it_up(path: Path) -> None:
    mine, theirs = MasterPassword(config_of(path)), MasterPassword(config_of(path))
    assert theirs.check("first")

    mine.change("a-new-one")
    os.utime(path)  # two writes within one tick of the clock

    assert mine.check("a-new-one")
    assert theirs.check("a-new-one")
    for each in (mine, theirs):
        with pytest.raises(AccessDenied):
            each.check("first")
    assert "$pbkdf2-sha512$" in path.read_text()
    assert "a-new-one" not in path.read_text()
    assert path.stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("text", ["", "admin"])
def test_what_everybody_knows_opens_nothing_and_is_not_taken(text: str, path: Path) -> None:
    master = MasterPassword(Config.default().replace(admin_passwd=text))

    assert not master.is_set
    with pytest.raises(AccessDenied):
        master.check(text)
    with pytest.raises(AccessDenied):
        MasterPassword(config_of(path)).change(text)


@pytest.mark.parametrize("given", [None, False, 0, ["first"], {}])
def test_what_is_no_text_is_refused(given: object, path: Path) -> None:
    with pytest.raises(AccessDenied):
        MasterPassword(config_of(path)).check(given)


def test_an_address_that_guesses_has_to_wait_and_others_do_not(path: Path) -> None:
    master = MasterPassword(config_of(path))

    with log.about(address="203.0.113.7"):
        for _ in range(FREE):
            with pytest.raises(AccessDenied):
                master.check("wrong")
        with pytest.raises(TooManyGuesses):
            master.check("first")
    with log.about(address="203.0.113.8"):
        assert master.check("first")


def test_who_guesses_through_a_proxy_that_is_not_believed_locks_out_nobody_who_comes_past_it(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    master = MasterPassword(config_of(path))

    with log.about(address="127.0.0.1", is_unheard=True):
        for _ in range(FREE):
            with pytest.raises(AccessDenied):
                master.check("wrong")
        with pytest.raises(TooManyGuesses):
            master.check("first")
    with log.about(address="127.0.0.1"):
        assert master.check("first")

    assert "all who come through it count as one; next: set proxy_mode = True" in caplog.text


def test_after_the_wait_one_guess_is_looked_at_and_a_right_one_wipes_the_slate() -> None:
    now = [0.0]
    guesses = Guesses(lambda: now[0])
    for _ in range(FREE):
        guesses.was_wrong("2001:db8::1")

    assert guesses.is_too_fast("2001:db8::2") and not guesses.is_too_fast("2001:db8:0:1::1")
    now[0] = WAIT_S
    assert not guesses.is_too_fast("2001:db8::1")
    guesses.was_wrong("2001:db8::1")
    assert guesses.is_too_fast("2001:db8::1")
    guesses.was_right("2001:db8::1")
    assert not guesses.is_too_fast("2001:db8::1")
