"""What has to be done to which module, in which order.

Pure: manifests, the states a database remembers and a request go in, a `Plan` comes out, which can be printed,
compared and carried out by `modules/install.py`. Every installed module is in the plan, since it must be loaded
before those that build on it; `changes` are the steps that alter the database.

Order: by depth in the graph of dependencies (base is 0, a module is one deeper than its deepest dependency), then by
name. Removals come last, the deepest first.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

from fondaco.errors import ModuleError
from fondaco.modules.manifest import Manifest

INSTALLED = frozenset({"installed", "to upgrade", "to remove"})


class Action(StrEnum):
    LOAD = "load"
    INSTALL = "install"
    UPGRADE = "upgrade"
    REMOVE = "remove"


class State(NamedTuple):
    """What a database remembers of a module: its state and the version whose data it holds."""

    state: str = "uninstalled"
    version: str | None = None

    @property
    def is_installed(self) -> bool:
        return self.state in INSTALLED


class Request(NamedTuple):
    """What somebody asks for, by names of modules. `all` in `upgrade` means everything installed.

    countries: codes of the companies' countries, in small letters: a module for others does not install itself.
    """

    install: frozenset[str] = frozenset()
    upgrade: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        install: Iterable[str] = (),
        upgrade: Iterable[str] = (),
        remove: Iterable[str] = (),
        countries: Iterable[str] = (),
    ) -> "Request":
        return cls(
            frozenset(install), frozenset(upgrade), frozenset(remove), frozenset(code.lower() for code in countries)
        )


class Step(NamedTuple):
    """One thing to do to one module, and why."""

    module: str
    action: Action
    found: str | None = None
    wanted: str | None = None
    why: str = ""

    def __str__(self) -> str:
        versions = {
            Action.INSTALL: self.wanted or "",
            Action.REMOVE: self.found or "",
            Action.LOAD: self.found or "",
            Action.UPGRADE: f"{self.found} -> {self.wanted}",
        }[self.action]
        return f"{self.action.value:8} {self.module:32} {versions:28} {self.why}".rstrip()


class Plan(NamedTuple):
    """Steps in the order to carry them out."""

    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action is not Action.LOAD)

    @property
    def removals(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action is Action.REMOVE)

    def names(self, *actions: Action) -> list[str]:
        return [step.module for step in self.steps if step.action in actions]

    def __str__(self) -> str:
        lines = [str(step) for step in self.changes] or ["nothing to do"]
        return "\n".join([*lines, *self.notes])


def make_plan(manifests: Mapping[str, Manifest], states: Mapping[str, State], request: Request) -> Plan:
    """The steps that lead from `states` to what `request` asks.

    `ModuleError` for a module that is unknown, not installable, excluded by another, or in a ring of dependencies.
    """
    installed = {name for name, state in states.items() if state.is_installed}
    installed, notes = _loadable(manifests, installed)
    why: dict[str, str] = {}
    removed = _removals(manifests, installed, request.remove, why)
    upgraded = _upgrades(manifests, installed - removed, request.upgrade, why)
    # A module for other countries is as good as not there, unless somebody asks for it.
    near = {name: manifest for name, manifest in manifests.items() if _is_for(manifest, request.countries)}
    asked = request.install | (upgraded - installed)
    unknown = near.keys() - states.keys()
    added = _additions(manifests, near, unknown, installed, removed, asked, upgraded, why)
    _check_exclusions(manifests, (installed - removed) | added)
    order = _present_first(manifests, load_order(manifests, installed | added), added)
    steps = []
    for name in order:
        found, manifest = states.get(name, State()).version, manifests.get(name)
        wanted = manifest.version if manifest is not None else None
        if name in added:
            steps.append(Step(name, Action.INSTALL, None, wanted, why.get(name, "")))
        elif name in upgraded:
            steps.append(Step(name, Action.UPGRADE, found, wanted, why.get(name, "")))
        else:
            steps.append(Step(name, Action.LOAD, found, wanted))
    removals = [
        Step(name, Action.REMOVE, states[name].version, None, why.get(name, ""))
        for name in reversed(order)
        if name in removed
    ]
    return Plan((*steps, *removals), notes)


def _present_first(manifests: Mapping[str, Manifest], order: Sequence[str], added: set[str]) -> list[str]:
    """Modules that are there before those that come: what the new ones do meanwhile meets the whole of the present.

    One that is there but needs a new one waits for it.
    """
    waiting: set[str] = set()
    for name in order:
        if name in added or not waiting.isdisjoint(manifests[name].depends):
            waiting.add(name)
    return [*(name for name in order if name not in waiting), *(name for name in order if name in waiting)]


def load_order(manifests: Mapping[str, Manifest], names: Iterable[str]) -> list[str]:
    """`names` so that a module comes after those it depends on. A name without a manifest is left out."""
    wanted = {name for name in names if name in manifests}
    depths: dict[str, int] = {}
    for name in sorted(wanted):
        _depth(manifests, name, depths, [])
    return sorted(wanted, key=lambda name: (depths[name], name != "base", name))


def upstream(manifests: Mapping[str, Manifest], names: Iterable[str]) -> set[str]:
    """`names` and everything they depend on."""
    found: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            if name in manifests:
                open_names.extend(manifests[name].depends)
    return found


def downstream(manifests: Mapping[str, Manifest], names: Iterable[str], among: Iterable[str]) -> set[str]:
    """`names` and everything in `among` that depends on them."""
    found = set(names)
    candidates = [name for name in among if name in manifests]
    grown = True
    while grown:
        more = {name for name in candidates if name not in found and found.intersection(manifests[name].depends)}
        found |= more
        grown = bool(more)
    return found


def _depth(manifests: Mapping[str, Manifest], name: str, depths: dict[str, int], path: list[str]) -> int:
    if name in depths:
        return depths[name]
    if name in path:
        ring = [*path[path.index(name) :], name]
        raise ModuleError(f"Modules depend on each other in a ring: {' -> '.join(ring)}")
    manifest = manifests.get(name)
    if manifest is None:
        raise ModuleError(_unknown(manifests, name, path))
    path.append(name)
    depths[name] = 1 + max((_depth(manifests, depend, depths, path) for depend in manifest.depends), default=-1)
    path.pop()
    return depths[name]


def _unknown(manifests: Mapping[str, Manifest], name: str, path: list[str]) -> str:
    wanted_by = f", which {path[-1]!r} depends on," if path else ""
    close = get_close_matches(name, manifests, 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"Module {name!r}{wanted_by} is not on the addons path{hint}"


def _loadable(manifests: Mapping[str, Manifest], installed: set[str]) -> tuple[set[str], tuple[str, ...]]:
    """Installed modules that can be loaded, and a note on each that cannot, with what it lacks."""
    lacking = {name: sorted(upstream(manifests, [name]) - manifests.keys()) for name in installed}
    notes = tuple(
        f"module {name!r} is installed and cannot be loaded: not on the addons path: {', '.join(missing)}"
        for name, missing in sorted(lacking.items())
        if missing
    )
    return {name for name in installed if not lacking[name]}, notes


def _removals(
    manifests: Mapping[str, Manifest], installed: set[str], asked: frozenset[str], why: dict[str, str]
) -> set[str]:
    if "base" in asked:
        raise ModuleError("Module 'base' cannot be uninstalled: everything is built on it")
    removed = downstream(manifests, asked & installed, installed)
    for name in removed:
        why[name] = "asked for" if name in asked else f"depends on {_first(manifests, name, removed)}"
    return removed


def _upgrades(
    manifests: Mapping[str, Manifest], installed: set[str], asked: frozenset[str], why: dict[str, str]
) -> set[str]:
    if "all" in asked:
        asked = asked - {"all"} | {"base"}
    known = asked & installed
    upgraded = {name for name in downstream(manifests, known, installed) if name in manifests}
    for name in upgraded:
        why[name] = "asked for" if name in asked else f"depends on {_first(manifests, name, upgraded)}"
    return upgraded


def _is_for(manifest: Manifest, countries: frozenset[str]) -> bool:
    wanted = manifest.get("countries")
    return not wanted or not countries.isdisjoint(code.lower() for code in wanted)


def _additions(
    manifests: Mapping[str, Manifest],
    near: Mapping[str, Manifest],
    unknown: Set[str],
    installed: set[str],
    removed: set[str],
    asked: frozenset[str],
    upgraded: set[str],
    why: dict[str, str],
) -> set[str]:
    """Modules to install: those asked for, what they and the upgraded need, and what these draw in from `near`.

    An upgrade draws in what the database does not know yet: it came with the new version.
    """
    stays = installed - removed
    added: set[str] = set()
    for name in sorted(asked - stays):
        why.setdefault(name, "asked for")
    _add_closure(manifests, asked | upgraded, stays, added, why)
    while True:
        drawn = {
            manifest.name
            for manifest in near.values()
            if manifest.required_for_auto_install is not None
            and manifest.name not in stays
            and manifest.name not in added
            and manifest.name not in removed
            and manifest.installable
            and _is_drawn(
                manifest.required_for_auto_install, stays, added, upgraded if manifest.name in unknown else set()
            )
        }
        if not drawn:
            break
        for name in drawn:
            why.setdefault(name, "installs itself")
        _add_closure(manifests, drawn, stays, added, why)
    return added


def _is_drawn(required: frozenset[str], stays: set[str], added: set[str], upgraded: set[str]) -> bool:
    """All required are there and one of them is new; a module the user removed does not come back by itself."""
    if not required:
        return "base" in added | upgraded
    return required <= stays | added and bool(required & (added | upgraded))


def _add_closure(
    manifests: Mapping[str, Manifest], names: Iterable[str], stays: set[str], added: set[str], why: dict[str, str]
) -> None:
    depths: dict[str, int] = {}
    for name in sorted(names):
        _depth(manifests, name, depths, [])
    for name in sorted(upstream(manifests, names) - stays - added):
        if refusal := manifests[name].refusal:
            raise ModuleError(f"Module {name!r} cannot be installed: {refusal}")
        needed_by = sorted(other for other in depths if name in manifests[other].depends)
        why.setdefault(name, f"needed by {needed_by[0]}" if needed_by else "")
        added.add(name)


def _check_exclusions(manifests: Mapping[str, Manifest], present: set[str]) -> None:
    for name in sorted(present):
        manifest = manifests.get(name)
        for other in manifest.excludes if manifest is not None else ():
            if other in present and other != name:
                raise ModuleError(f"Modules {name!r} and {other!r} exclude each other")


def _first(manifests: Mapping[str, Manifest], name: str, among: set[str]) -> str:
    return next((depend for depend in manifests[name].depends if depend in among), "")
