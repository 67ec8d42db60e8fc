"""What a user sees of a combined arch, and which fields it needs: the door to fondaco.views.postprocess."""

from __future__ import annotations

from fondaco.addon import SUPERUSER_ID, api, models
from fondaco.registry.ormcache import ormcache
from fondaco.values.deferred import Postponed
from fondaco.views import arch as arches

views = Postponed("fondaco.views.postprocess")


class ViewPostprocess(models.Model):
    _inherit = "ir.ui.view"

    def _postprocess(self, tree, model, kind=""):
        """(arch as text, model -> names of fields) of a tree fitted to the user."""
        restricted = [node.get("name") for node in tree.iter("field") if _is_restricted(node)]
        viewer = views.Viewer(
            self.env(su=self.env.uid == SUPERUSER_ID), self._default_tree, self._node_hooks("_postprocess_tag_")
        )
        processed = views.postprocess(tree, model, viewer, kind=kind)
        self._postprocess_access_rights(processed.arch)
        if model in processed.fields:
            # clients are told of fields whose node the user's groups take away
            processed.fields[model].update(name for name in restricted if name in self.env[model]._fields)
        names = {
            name: sorted(found, key=lambda field, name=name: list(self.env[name]._fields).index(field))
            for name, found in processed.fields.items()
        }
        return arches.serialise(processed.arch), names

    # -- doors for addons: see fondaco.views.hooks ----------------------------------------------------------------

    def _node_hooks(self, prefix):
        """Tag -> method, for the methods of this prefix that an addon wrote."""
        return {name.removeprefix(prefix): getattr(self, name) for name in self._names_of_hooks(prefix)}

    @ormcache("prefix", cache="stable")
    def _names_of_hooks(self, prefix):
        kind = type(self)
        names = [name for name in dir(kind) if name.startswith(prefix)]
        return tuple(name for name in names if getattr(kind, name) is not ViewPostprocess._leave_node)

    def _leave_node(self, node, name_manager, node_info):
        """What every node gets is done already; an addon that overrides may call this with `super()`."""

    _postprocess_tag_calendar = _postprocess_tag_field = _postprocess_tag_form = _postprocess_tag_groupby = _leave_node
    _postprocess_tag_label = _postprocess_tag_list = _postprocess_tag_search = _leave_node

    _validate_tag_a = _validate_tag_button = _validate_tag_calendar = _validate_tag_div = _leave_node
    _validate_tag_field = _validate_tag_filter = _validate_tag_form = _validate_tag_graph = _leave_node
    _validate_tag_groupby = _validate_tag_i = _validate_tag_img = _validate_tag_label = _leave_node
    _validate_tag_list = _validate_tag_page = _validate_tag_search = _validate_tag_searchpanel = _leave_node
    _validate_tag_t = _validate_tag_ul = _leave_node

    def _postprocess_access_rights(self, tree):
        """The fitted tree, in which what the user may not do is switched off already."""

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
