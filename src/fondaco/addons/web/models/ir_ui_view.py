"""Which kinds of views does the web client know and show to choose from, and how are views written in it?"""

from __future__ import annotations

from typing import Any

from fondaco.addon import _, models
from fondaco.errors import ValidationError
from fondaco.views import arch as arches
from fondaco.views.arch import ArchError, Where

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

    # -- the editor -----------------------------------------------------------------------------------------------

    def read_sources(self) -> list[dict[str, Any]]:
        """The source of this view and of those it is made of: [{id, name, xmlid, arch, isExtension}], itself first."""
        self.ensure_one()
        self.check_access("read")
        family = self | self.browse([layer.id for layer in self._layers()])
        return [
            {
                "id": view.id,
                "name": view.name,
                "xmlid": view.xml_id,
                "arch": view.arch_base or "",
                "isExtension": view.mode == "extension",
            }
            for view in family
        ]

    def save_source(self, text: str, seen: str | None = None, is_extension: bool = False) -> dict[str, Any]:
        """Write the source of this view, or of a new one that extends it, if all that it is part of holds together.

        seen: the source that was read before; another one by now is not written over. The answer is {problem, line}:
        empty and 0 where it is kept, else why nothing was changed, and the line of `text` where that is known.
        """
        self.ensure_one()
        self.check_access("write")
        if seen is not None and (self.arch_base or "") != seen:
            return {
                "problem": _("Somebody else changed this view. Copy your text, and open it again."),
                "line": 0,
            }
        try:
            arches.parse(text, Where(view=self.name, model=self.model or ""))
            with self.env.cr.savepoint():
                if is_extension:
                    self.create(
                        {
                            "name": _("%s, changed here", self.name),
                            "inherit_id": self.id,
                            "model": self.model,
                            "arch_base": text,
                        }
                    )
                else:
                    self.write({"arch_base": text})
        except ArchError as error:
            return {"problem": str(error), "line": error.line}
        except ValidationError as error:
            cause = error.__cause__
            # the line of another view is none of this text
            line = cause.line if isinstance(cause, ArchError) and not cause.is_elsewhere else 0
            return {"problem": str(error), "line": line}
        return {"problem": "", "line": 0}
