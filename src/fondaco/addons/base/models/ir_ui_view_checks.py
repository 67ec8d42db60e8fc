"""Does a view hold together with its family, and does it hold what a view of its kind may? The door to the checks."""

from __future__ import annotations

import logging

from fondaco.addon import _, api, models
from fondaco.errors import FondacoError, ValidationError
from fondaco.values.deferred import Postponed
from fondaco.views import arch as arches
from fondaco.views.arch import ArchError, Where
from fondaco.views.combine import combine

from .addon_files import addon_file

validation, origins = Postponed("fondaco.views.validate"), Postponed("fondaco.views.origin")
grammar, datafile = Postponed("fondaco.views.grammar"), Postponed("fondaco.data.xml")
_logger = logging.getLogger("odoo.addons.base.models.ir_ui_view")


class ViewChecks(models.Model):
    _inherit = "ir.ui.view"

    @api.constrains("arch_db", "type", "model", "inherit_id", "mode")
    def _check_xml(self):
        """Every view must hold together with the family it belongs to, and name only what exists."""
        views = self.with_context(lang=None)
        families = views._families()
        for view in views:
            if not view.arch_db:
                continue
            try:
                view._check_family(families[view.id])
            except ArchError as error:
                raise ValidationError(str(error)) from error

    def _check_family(self, layers):
        """The family combined, and held against the models; `ArchError` at the first fault."""
        own = next(layer for layer in layers if layer.id == self.id)
        try:
            tree = combine(layers, self.id, change=self._own_change())
        except ArchError as error:
            layer = next((layer for layer in layers if layer.where == error.where), own)
            raise self._placed(error, own, layer, error.line) from error
        if self.type == "qweb":
            return
        primary = self._primary(own, layers)
        model = self.model or primary.where.model
        doubts = []
        if self.mode == "extension" and model != primary.where.model:
            said = f"extends {primary.where.named}; expected its model, or mode=primary for a view of one's own"
            doubts.append(arches.Doubt(said, None, own.where))
        known = validation.Known(self.env, self._knows_xmlid, self._node_hooks("_validate_tag_"))
        try:
            validation.validate(tree, model, known, own.where, kind=self.type, on_doubt=doubts.append)
        except ArchError as error:
            raise self._placed(error, own, *self._origin(error, own, layers)) from error
        for doubt in doubts:
            placed = self._placed(doubt, own, *self._origin(doubt, own, layers))
            if not placed.is_elsewhere:  # those of the other views were told when these were written
                _logger.warning("%s", placed)

    def _primary(self, own, layers):
        """The row that this view is, or that it extends in the end."""
        by_id, layer = {layer.id: layer for layer in layers}, own
        for _step in layers:
            if layer.mode == "primary" or layer.inherit_id not in by_id:
                break
            layer = by_id[layer.inherit_id]
        return layer

    def _origin(self, error, own, layers):
        """(row, line) from which the element at fault comes."""
        if error.node is None or len(layers) == 1:
            return own, error.line
        return origins.origin_of(error.node, layers, self.id, self._own_change()) or (own, error.line)

    def _placed(self, error, own, layer, line):
        """The fault, with the view and the line of its file that it comes from."""
        where = layer.where._replace(start=self._start_in_file(layer))
        if layer is own:
            return error.moved(where, line)
        found = error.moved(where, line, detail=f"{error.detail} (with {own.where.named} applied)")
        found.is_elsewhere = True
        return found

    def _start_in_file(self, layer):
        """The line of its file on which a view's arch begins; 0: there is none, or it was changed here since."""
        path = addon_file(self.env, layer.where.file) if layer.where.file else None
        if path is None or path.suffix != ".xml":
            return 0
        try:
            operations = datafile.read_file(path, layer.where.file.partition("/")[0], name=layer.where.file)
        except FondacoError:
            return 0
        for operation in operations:
            arch = dict(operation.fields).get("arch") if isinstance(operation, datafile.RecordOp) else None
            if not isinstance(arch, datafile.Markup):
                continue
            if datafile.PLACEHOLDER.sub(self._id_in_arch, arch.text) == layer.arch:
                return arch.line
        return 0

    @api.model
    def _knows_xmlid(self, xmlid):
        return bool(self.env["ir.model.data"]._xmlid_to_res_id(xmlid))

    @api.constrains("type", "groups_id", "inherit_id")
    def _check_groups(self):
        for view in self:
            if view.groups_id and view.inherit_id and view.mode != "primary":
                said = _("A view that extends another has no groups of its own: write them on its elements.")
                raise ArchError(said, None, view._where())

    def _raise_view_error(self, message, node=None, *, from_exception=None, from_traceback=None):
        """Refuse the view, for those who check its nodes: the message gets file, line, view and model."""
        error = ArchError(message, node, self._where())
        raise error.with_traceback(from_traceback) from from_exception

    def _log_view_warning(self, message, node):
        """Tell whoever writes the view what is not wrong and should be otherwise."""
        _logger.warning("%s: %s", self._where().at(node), message)

    def _where(self):
        """How messages name this view."""
        return Where(view=self.name or "", xmlid=self.xml_id or "", model=self.model or "", file=self.arch_fs or "")

    # -- the kind -------------------------------------------------------------------------------------------------

    def _where_of(self, values):
        """How messages name a view that is to be made."""
        file = values.get("arch_fs") or self.env.context.get("install_filename") or ""
        return Where(view=values.get("name") or "", model=values.get("model") or "", file=file)

    def _type_of(self, values):
        """The kind of a view to be made: the one that is named, that of the view it extends, or what its arch says."""
        where = self._where_of(values)
        if values.get("mode") == "extension" and not values.get("inherit_id"):
            raise ArchError("mode 'extension'; expected inherit_id: the view that this one extends", None, where)
        kinds = self._fields["type"].get_values(self.env)
        if values.get("type"):
            if values["type"] not in kinds:
                raise ArchError(self._no_kind(f"type {values['type']!r}", kinds), None, where)
            return values["type"]
        if values.get("inherit_id"):
            return self.browse(values["inherit_id"]).type
        text = values.get("arch") or values.get("arch_base") or values.get("arch_db")
        if not text:
            raise ArchError(_("A view needs an arch."), None, where)
        root = arches.parse(text, where)
        tag = "list" if root.tag == "tree" else root.tag
        if tag in kinds:
            return tag
        if tag == "t" or (not values.get("model") and tag in grammar.HTML):
            return "qweb"
        raise ArchError(self._no_kind(f"the root <{root.tag}>", kinds, tag), root, where)

    def _no_kind(self, what, kinds, tag=""):
        """Which kinds of views there are, and what may have been meant instead."""
        if tag == "field" or tag in grammar.OF_EXTENSIONS or tag in grammar.OF_FORMS:
            return f"{what} begins no view; a view that extends another says which one: inherit_id"
        hint = '; type="qweb" for a template' if tag in grammar.HTML else ""
        return (
            f"{what} is no kind of view here; expected one of {', '.join(kinds)}{hint}"
            " (modules add kinds: is the one that does among the dependencies?)"
        )
