"""What Python runs when it starts, in a process of the tests: passwords cost next to nothing there.

A hash takes half a second of a processor by design, at each log-in and for each user that is made: an eighth of the
time of all tests was that. `tests/fix_passwords.py` puts this folder on the path of the processes that tests start.
They write hashes of fewer rounds, which others read; `tests/unit/test_credentials.py` holds how many those take.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:  # every Python that a test starts reads this file
    from importlib.machinery import ModuleSpec
    from typing import Any

HASHING = "fondaco.security.credentials"
ROUNDS = 1000


def quicken(credentials: Any) -> None:
    """Have this module, which hashes passwords, take few rounds where nobody says how many."""
    credentials.PASSWORD_ROUNDS = ROUNDS
    for function in (credentials.hash_password, credentials.needs_rehash):
        function.__defaults__ = (ROUNDS,)


class _Finder:
    """Finds that module as Python does, and changes it when it is loaded: nothing is loaded for it."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != HASHING:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_quicken(module: Any) -> None:
                load(module)
                quicken(module)

            spec.loader.exec_module = load_and_quicken
        return spec


sys.meta_path.insert(0, _Finder)
