"""What axe finds serious or worse on a page, in light and dark.

`inspect(page)` is cheap enough for every page that a test leaves and every one that is pictured: axe is asked only
where something is visible that this process has not yet seen free of faults, wide or narrow. What a fault depends on
is taken to be an element's kind (tag, classes, role, state) and that of its parent: of a hundred rows one is new.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")
AXE = pytest.importorskip("axe_playwright_python.base").AXE_SCRIPT

PATIENCE_MS = 20_000
CLOCK_PATIENCE_MS = 3000
SETTLING_MS = 500
TRIES = 3  # a fault is one when it stays: a page may be on its way to its next state

KINDS = """() => {
    const STATES = ["aria-current", "aria-selected", "aria-pressed", "aria-checked", "aria-disabled", "disabled"];
    const kindOf = (element) => [
        element.localName, element.type, element.getAttribute("role"), ...[...element.classList].sort(),
        ...STATES.filter((name) => ![null, "false"].includes(element.getAttribute(name))),
    ].filter(Boolean).join(".");
    const found = new Set([`page ${innerWidth < 700 ? "narrow" : "wide"}`]);
    for (const element of document.querySelectorAll("body *:not(svg *)")) {
        if (element.checkVisibility()) {
            found.add(`${innerWidth < 700} ${kindOf(element.parentElement)} > ${kindOf(element)}`);
        }
    }
    return [...found];
}"""
FOUND = """async () => {
    const { style } = document.documentElement;
    const stop = () => document.getAnimations().forEach((animation) => {
        animation.effect.getComputedTiming().endTime === Infinity ? animation.cancel() : animation.finish();
    });
    const faultsOf = async (options) => {
        stop();
        const { violations } = await axe.run(document, { resultTypes: ["violations"], iframes: false, ...options });
        return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(({ id, nodes }) =>
            nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 300)}`));
    };
    const theme = style.colorScheme;
    const isDark = getComputedStyle(document.body).colorScheme === "dark"
        || (document.documentElement.dataset.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    const faults = await faultsOf({});
    try {
        style.colorScheme = isDark ? "light" : "dark";
        const others = await faultsOf({ runOnly: ["color-contrast"] });
        return [...faults, ...others.map((fault) => `${style.colorScheme}: ${fault}`)];
    } finally {
        style.colorScheme = theme;
        stop();
    }
}"""

CLOCK_GOES = "() => new Promise((resolve) => setTimeout(() => resolve(true)))"

known: set[str] = set()


class NotLookedAt(UserWarning):
    """A page that axe could not look at, where no test asks for it."""


def hold(page: Any) -> None:
    """Fail where axe finds something serious on a page that shows something new."""
    faults = inspect(page)
    if faults:
        pytest.fail("\n".join(faults))


def serious(page: Any) -> list[str]:
    """What axe finds now, in the page's colours and the others, whatever this process has seen before."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return list(page.wait_for_function(FOUND, polling=1000, timeout=PATIENCE_MS).json_value())


def inspect(page: Any) -> list[str]:
    """What axe finds on a page that shows something new; nothing where it shows none, or is none of a server."""
    faults: list[str] = []
    unseen = ""
    for attempt in range(TRIES):
        if page.is_closed() or not page.url.startswith("http"):
            return []
        if attempt:
            page.wait_for_timeout(SETTLING_MS)
        try:
            kinds = set(page.wait_for_function(KINDS, polling=1000, timeout=PATIENCE_MS).json_value())
            if kinds <= known or not _clock_goes(page):
                return []
            faults, unseen = [f"{page.url}: {fault}" for fault in serious(page)], ""
        except playwright.TimeoutError:
            unseen = f"{page.url}: axe could not look, the page is too busy"
            break
        except playwright.Error as error:
            unseen = f"{page.url}: axe could not look: {error.message}"
            continue
        if not faults:
            known.update(kinds)
            break
    if unseen:
        warnings.warn(unseen, NotLookedAt, stacklevel=3)
        return []
    return faults


def _clock_goes(page: Any) -> bool:
    """Not where a test has stopped it: axe would wait for ever."""
    try:
        page.wait_for_function(CLOCK_GOES, timeout=CLOCK_PATIENCE_MS)
    except playwright.TimeoutError:
        return False
    return True
