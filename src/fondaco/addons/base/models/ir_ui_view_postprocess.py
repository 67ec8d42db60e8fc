"""What a user sees of a combined arch, and which fields it needs: the door to fondaco.views.postprocess."""

from __future__ import annotations

from fondaco.addon import SUPERUSER_ID, api, models
from fondaco.views import arch as arches
from fondaco.views.postprocess import Viewer, postprocess


class ViewPostprocess(models.Model):
    _inherit = "ir.ui.view"

    def _postprocess(self, tree, model, kind=""):
        """(arch as text, model -> names of fields) of a tree fitted to the user."""
        restricted = [node.get("name") for node in tree.iter("field") if _is_restricted(node)]
        processed = postprocess(
            tree, model, Viewer(self.env(su=self.env.uid == SUPERUSER_ID), self._default_tree), kind=kind
        )
        if model in processed.fields:
            # clients are told of fields whose node the user's groups take away
            processed.fields[model].update(name for name in restricted if name in self.env[model]._fields)
        names = {
            name: sorted(found, key=lambda field, name=name: list(self.env[name]._fields).index(field))
            for name, found in processed.fields.items()
        }
        return arches.serialise(processed.arch), names

    def _default_tree(self, model, kind):
        """The default view of a model, to show within another one."""
        if model not in self.env:
            return None
        return self.env[model]._get_view(None, kind)[0]

    @api.model
    def postprocess_and_fields(self, node, model=None, **options):
        """(arch, model -> names of fields): a combined tree fitted to the user."""
        return self._postprocess(node, model or self.model)


def _is_restricted(node):
    """Whether a field's node lies in the view itself, and it or one around it is for some groups only."""
    has_groups = bool(node.get("groups"))
    for above in node.iterancestors():
        if above.tag == "field":
            return False
        has_groups = has_groups or bool(above.get("groups"))
    return has_groups
