"""The reference page of the options, written from their table: `python -m fondaco.config.reference FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from fondaco.config.option import Option
from fondaco.config.table import GROUPS, OPTIONS

HEAD = """\
# Options

*This page is generated from the table of options (`src/fondaco/config/table.py`); `make docs` writes it.*

An option is set, from the weakest to the strongest, by its default, by the configuration file (`-c FILE`, section
`[options]`, the format and the keys of `odoo.conf`), by the environment (`FONDACO_<KEY>`; a secret also by
`FONDACO_<KEY>_FILE`, which names a file that holds it) and by the command line. `--save` writes the result to the file,
readable by its owner only. Without `-c`, the file is the one named by `FONDACO_RC`, `ODOO_RC` or `OPENERP_SERVER`, or
`~/.fondacorc` or `~/.odoorc`.

A key that is none of these is named in a warning, with its line, and kept for addons that read it.
Options marked *accepted* are there so that existing files load unchanged; they have no effect in this version.
Options marked *ours* are not options of Odoo 18.

In containers, the variables `HOST`, `PORT`, `USER`, `PASSWORD` and `DATABASE` give the database connection when
`HOST`, `USER` and `PASSWORD` are all set; the file and everything stronger goes before them.
"""


def page() -> str:
    """The whole page, Markdown."""
    parts = [HEAD]
    for group, title in GROUPS.items():
        parts.append(f"## {title}\n")
        parts.extend(_entry(option) for option in OPTIONS if option.group == group)
    return "\n".join(parts)


def _entry(option: Option) -> str:
    marks = [mark for mark, is_set in (("ours", option.is_ours), ("accepted", not option.is_ready)) if is_set]
    facts = []
    for flag in option.flags:
        argument = "" if flag.value is not None else f" {option.metavar or option.key.upper()}"
        spelled = ", ".join(f"`{spelling}{argument}`" for spelling in flag.spelling)
        meaning = f" (sets {flag.value})" if flag.value not in (None, True) else ""
        facts.append(f"obsolete flag {spelled}" if flag.obsolete else f"flag {spelled}{meaning}")
    if option.in_file:
        facts.append(
            f"variable `{option.environment}`" + (f", `{option.environment}_FILE`" if option.is_secret else "")
        )
        facts += [f"obsolete key `{key}`" for key in option.obsolete_keys]
    else:
        facts.append("not in the file")
    facts.append(f"{option.expected}, default {_default(option)}")
    title = f"### {option.key}" + (f" *({', '.join(marks)})*" if marks else "")
    return f"{title}\n\n{option.help}\n\n" + "\n".join(f"- {fact}" for fact in facts) + "\n"


def _default(option: Option) -> str:
    if option.key == "data_dir":
        return "`~/.local/share/fondaco`, or `/var/lib/fondaco` for an account without a home"
    return "not set" if option.default in ("", None, [], {}) else f"`{option.kind.write(option.default)}`"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
