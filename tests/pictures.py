"""`python -m tests.pictures` makes the pictures of the documentation anew: by the tests, on a real server.

python -m tests.pictures              # all
python -m tests.pictures calendar     # those of the tests that make calendar.png
python -m tests.pictures --check      # none: fails where one shows what is no more, or lacks what has come
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
MADE = re.compile(r"\bpicture\(\s*[\w.]+,\s*(?P<names>[^)]*)\)")
CHECK = "--check"
NAME = re.compile(r'"([a-z-]+)"')


def makers() -> dict[str, Path]:
    """The test file that makes each picture, by the picture's name."""
    found: dict[str, Path] = {}
    for path in sorted((TESTS / "browser").glob("test_*.py")):
        for call in MADE.finditer(path.read_text("utf-8")):
            found.update(dict.fromkeys(NAME.findall(call["names"]), path))
    return found


def main(arguments: list[str]) -> int:
    made = makers()
    names = [argument for argument in arguments if argument != CHECK]
    unknown = sorted(set(names) - made.keys())
    if unknown:
        print(f"no test makes {', '.join(unknown)}; there are {', '.join(sorted(made))}", file=sys.stderr)
        return 2
    files = sorted({str(made[name]) for name in names or made})
    os.environ["FONDACO_PICTURES"] = "check" if CHECK in arguments else "1"
    return int(pytest.main(["-n2", "--dist", "worksteal", "--reruns", "1", "-q", *files]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
