"""Which kinds of views does the web client know, and how does it show them to choose from?"""

from __future__ import annotations

from typing import Any

from fondaco.addon import models

# Kinds of view and how a client may draw them; the icon classes are names that addons know.


class View(models.Model):
    _inherit = "ir.ui.view"

    def get_view_info(self) -> dict[str, dict[str, Any]]:
        """{type: {display_name, icon, multi_record}} of the kinds of views that can be chosen."""
        labels = dict(self._fields["type"].get_values_pairs(self.env))
        return {
            kind: {"display_name": labels[kind], "icon": found["icon"], "multi_record": found.get("multi_record", True)}
            for kind, found in self._get_view_info().items()
        }

    def _get_view_info(self) -> dict[str, dict[str, Any]]:
        """{type: {icon, multi_record (true if left out)}}; modules with kinds of their own add them."""
        return {
            "list": {"icon": "oi oi-view-list"},
            "form": {"icon": "fa fa-address-card", "multi_record": False},
            "graph": {"icon": "fa fa-area-chart"},
            "pivot": {"icon": "oi oi-view-pivot"},
            "calendar": {"icon": "fa fa-calendar"},
            "kanban": {"icon": "oi oi-view-kanban"},
            "search": {"icon": "oi oi-search"},
        }
