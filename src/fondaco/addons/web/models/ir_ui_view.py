"""Which kinds of views does the web client know, and how does it show them to choose from?"""

from __future__ import annotations

from typing import Any

from fondaco.addon import models

# Kinds of view and how a client may draw them; the icon classes are names that addons know.
VIEW_INFO = {
    "list": ("List", "oi oi-view-list", True),
    "form": ("Form", "fa fa-address-card", False),
    "graph": ("Graph", "fa fa-area-chart", True),
    "pivot": ("Pivot", "oi oi-view-pivot", True),
    "calendar": ("Calendar", "fa fa-calendar", True),
    "kanban": ("Kanban", "oi oi-view-kanban", True),
    "search": ("Search", "oi oi-search", True),
}


class View(models.Model):
    _inherit = "ir.ui.view"

    def get_view_info(self) -> dict[str, dict[str, Any]]:
        """{type: {display_name, icon, multi_record}}; modules with views of their own add theirs."""
        return {
            kind: dict(zip(("display_name", "icon", "multi_record"), row, strict=True))
            for kind, row in VIEW_INFO.items()
        }
