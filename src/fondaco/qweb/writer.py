"""How is the Python of a template written: texts joined, lines indented, and each line knowing its element."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where in a template a line of Python comes from."""

    line: int | None
    path: str
    element: str

    def __str__(self) -> str:
        line = f"line {self.line}, " if self.line else ""
        return f"{line}{self.path}: {self.element}"


class Writer:
    """Lines of one function; `scope` and `add` name the variables of the values and of the output at this point."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.places: list[Place | None] = []
        self.place: Place | None = None
        self.scope = "__v"
        self.add = "__add"
        self._indent = 1
        self._texts: list[str] = []
        self._number = 0

    def name(self, prefix: str) -> str:
        """A variable of its own: no expression of a template can name it."""
        self._number += 1
        return f"__{prefix}{self._number}"

    def text(self, text: str) -> None:
        """Markup that is the same each time."""
        if text:
            self._texts.append(text)

    def line(self, code: str) -> None:
        """A statement, after the texts that came before it."""
        self.flush()
        self._line(code)

    def flush(self) -> None:
        if self._texts:
            text, self._texts = "".join(self._texts), []
            self._line(f"{self.add}({text!r})")

    def _line(self, code: str) -> None:
        self.lines.append(f"{' ' * self._indent}{code}")
        self.places.append(self.place)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """The lines within belong to the compound statement `head`."""
        self.line(head)
        self._indent += 1
        before = len(self.lines)
        yield
        self.flush()
        if len(self.lines) == before:
            self._line("pass")
        self._indent -= 1

    @contextmanager
    def function(self, name: str, parameters: str) -> Iterator[None]:
        """The lines within are a function that gives what they write."""
        with self.block(f"def {name}({parameters}):"), self.apart() as out:
            yield
            self.line(f"return {out}")

    @contextmanager
    def within(self, scope: str) -> Iterator[None]:
        """Expressions take their names from the variable `scope`."""
        outer, self.scope = self.scope, scope
        yield
        self.flush()
        self.scope = outer

    @contextmanager
    def apart(self) -> Iterator[str]:
        """What is written goes to a list of its own, in the variable that is given."""
        out, add = self.name("out"), self.name("add")
        self.line(f"{out} = []; {add} = {out}.append")
        outer, self.add = self.add, add
        yield out
        self.flush()
        self.add = outer

    def source(self) -> str:
        self.flush()
        head = "def __template(__host, __v):\n __out = []; __add = __out.append\n"
        return "\n".join([head.rstrip("\n"), *self.lines, " return ''.join(__out)", ""])

    def place_of(self, number: int) -> Place | None:
        """Where line `number` (from 1) of the source comes from."""
        index = number - 3
        return self.places[index] if 0 <= index < len(self.places) else None


def place_of(element: Any, limit: int = 160) -> Place:
    """Where an element stands, and how its tag reads."""
    attributes = "".join(f' {name}="{value}"' for name, value in element.attrib.items())
    tag = f"<{element.tag}{attributes}>"
    return Place(
        element.sourceline,
        element.getroottree().getpath(element),
        tag if len(tag) <= limit else f"{tag[:limit]}...",
    )
