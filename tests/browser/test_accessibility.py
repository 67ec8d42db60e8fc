"""axe finds nothing serious on the pages that people visit, in light and dark."""

from __future__ import annotations

from typing import Any

import pytest

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser

PAGES = {
    "/odoo": ".f-apps",
    "/odoo/contacts?view_type=list": ".f-list tbody tr[data-id]",
    "/odoo/contacts?view_type=kanban": ".f-card",
    "/odoo/contacts/1": ".f-sheet",
    "/odoo/products/new": ".f-sheet",
    "/odoo/products?view_type=graph": ".f-graph-shape",
    "/odoo/contacts?view_type=pivot": ".f-pivot-table",
    "/odoo/apps": ".f-card",
    "/odoo/settings": ".f-setting",
    "/odoo/contacts/import": ".f-drop",
}


def serious(page: Any) -> list[str]:
    """What axe calls serious or worse: rule, element, what is wrong."""
    violations = axe.Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_serious_is_found_on_any_page(visit, server, dark):
    seen = visit(dark=dark)
    page = seen.go("/web/login")
    found = {"/web/login": serious(page)}
    seen.log_in(server.login, server.password)
    for path, selector in PAGES.items():
        seen.go(path)
        page.wait_for_selector(selector)
        found[path] = serious(page)
    page.keyboard.press("Control+k")
    page.wait_for_selector(".f-palette")
    found["the palette"] = serious(page)

    assert {path: problems for path, problems in found.items() if problems} == {}
