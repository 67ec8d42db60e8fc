"""Trees of Python's syntax, made in many threads."""

from __future__ import annotations

import ast
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from fondaco.values import syntax
from tests.processes import is_so_in_child

SOURCE = "[" + ", ".join(f"f({number}, x={{'a': ({number}, 'b')}})" for number in range(300)) + "]"


@pytest.fixture
def hurried():
    """Threads that give way to each other all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_many_threads_make_trees(hurried) -> None:
    wanted = ast.dump(ast.parse(SOURCE, mode="eval"))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ast.dump(syntax.parsed(SOURCE, mode="eval")), range(24)))

    assert set(found) == {wanted}


def test_a_literal_is_a_value_and_nothing_else() -> None:
    assert syntax.literal("[1, ('a', None)]") == [1, ("a", None)]
    with pytest.raises(ValueError, match="malformed"):
        syntax.literal("f()")


def test_a_child_does_not_wait_for_a_thread_of_its_parent() -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with syntax.alone():
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    held.wait(20)
    does_not_wait = is_so_in_child(lambda: syntax.literal("3") == 3)
    done.set()
    thread.join(60)

    assert does_not_wait
