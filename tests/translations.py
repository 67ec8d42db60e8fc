"""`python -m tests.translations` brings the translations of our own modules up to their texts.

In a database of its own, with a PostgreSQL of its own, it does what `fondaco translation update` does for all of them,
and says what French and Arabic still lack.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from fondaco.config import Config
from fondaco.engine import opened
from fondaco.i18n import po
from fondaco.modules import databases, pofiles
from fondaco.modules.databases import NewDatabase
from fondaco.orm.environment import SUPERUSER_ID, Environment

ADDONS = Path(__file__).parents[1] / "src" / "fondaco" / "addons"
MODULES = sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))
LANGUAGES = ("ar", "fr")
SHOWN = 20


def without_translation(path: Path) -> list[str]:
    """The texts of a PO file that say nothing yet."""
    return [entry.source for entry in po.read(path.read_bytes()) if not (entry.forms or entry.translation)]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="fondaco-translations-") as directory:
        config = Config.default().replace(data_dir=directory)
        with opened(config, always_own=True) as engine:
            databases.create(engine.registries, NewDatabase("texts", tuple(MODULES)))
            with closing(engine.registries.get("texts").cursor()) as cr:
                rewrites = pofiles.plan(Environment(cr, SUPERUSER_ID, {}), MODULES, LANGUAGES)
    pofiles.carry_out(rewrites)
    for rewrite in rewrites:
        print(rewrite)
        if not rewrite.is_current and rewrite.path.suffix == ".po":
            print("".join(f"  to translate: {text}\n" for text in rewrite.new[:SHOWN]), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
