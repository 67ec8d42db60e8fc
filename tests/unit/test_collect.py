"""The static files of modules in a folder for a web server: all of them, twice the same, nothing of others."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import brotli
import pytest

from fondaco.assets.collect import carry_out, plan
from fondaco.values.webfiles import version_of

TEXT = b"export const line = 1;\n" * 100


def quiet(_text: str, _done: int, _total: int) -> None:
    """Nobody is told."""


@pytest.fixture
def modules(tmp_path: Path) -> list[tuple[str, Path]]:
    """web and shop, each with a script and a picture."""
    found = []
    for name in ("web", "shop"):
        static = tmp_path / name / "static" / "src"
        static.mkdir(parents=True)
        (static / f"{name}.js").write_bytes(TEXT + name.encode())
        (static / "picture.png").write_bytes(name.encode() * 2000)
        found.append((name, tmp_path / name))
    return found


def collected(modules: list[tuple[str, Path]], folder: Path) -> list[str]:
    """Bring the folder up to date; what was done."""
    todo = plan(modules, folder)
    carry_out(todo, quiet)
    return [str(step) for step in todo.steps]


def there(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_x15_x16_every_file_is_where_root_and_alias_look_for_it(
    modules: list[tuple[str, Path]], tmp_path: Path
) -> None:
    folder = tmp_path / "collected"

    collected(modules, folder)

    names = {f"web/static/src/web.js{ending}" for ending in ("", ".gz", ".br")}
    names |= {f"shop/static/src/shop.js{ending}" for ending in ("", ".gz", ".br")}
    names |= {"web/static/src/picture.png", "shop/static/src/picture.png"}
    versioned = {f"versions/{version_of((folder / plain(name)).read_bytes())}/{name}" for name in names}
    at_the_top = {name.removeprefix("web/static/") for name in names if name.startswith("web/")}
    assert there(folder) == names | versioned | at_the_top | {".fondaco-static.json"}
    assert (folder / "shop/static/src/shop.js").read_bytes() == TEXT + b"shop"
    assert gzip.decompress((folder / "src/web.js.gz").read_bytes()) == TEXT + b"web"
    assert brotli.decompress((folder / "web/static/src/web.js.br").read_bytes()) == TEXT + b"web"


def plain(name: str) -> str:
    return name.removesuffix(".gz").removesuffix(".br")


def test_x16_a_second_run_does_nothing_and_a_change_is_taken_over(
    modules: list[tuple[str, Path]], tmp_path: Path
) -> None:
    folder = tmp_path / "collected"
    collected(modules, folder)

    assert collected(modules, folder) == []
    (tmp_path / "shop/static/src/shop.js").write_bytes(b"short")
    (tmp_path / "web/static/src/picture.png").unlink()

    done = [step for step in collected(modules, folder) if "versions/" not in step]
    assert done == [
        "write shop/static/src/shop.js",
        "remove shop/static/src/shop.js.br",
        "remove shop/static/src/shop.js.gz",
        "remove src/picture.png",
        "remove web/static/src/picture.png",
    ]
    assert (folder / "shop/static/src/shop.js").read_bytes() == b"short"
    assert (folder / "versions" / version_of(b"short") / "shop/static/src/shop.js").read_bytes() == b"short"


def test_x16_files_of_others_and_links_that_lead_out_are_left_alone(
    modules: list[tuple[str, Path]], tmp_path: Path
) -> None:
    folder = tmp_path / "collected"
    folder.mkdir()
    (folder / "index.html").write_text("of somebody else")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "shop/static/out").symlink_to(tmp_path / "secret")

    collected(modules, folder)
    collected([], folder)

    assert there(folder) == {"index.html", ".fondaco-static.json"}


def test_x16_a_plan_changes_nothing(modules: list[tuple[str, Path]], tmp_path: Path) -> None:
    todo = plan(modules, tmp_path / "collected")

    assert "write src/web.js.br" in map(str, todo.steps) and not os.path.exists(tmp_path / "collected")
