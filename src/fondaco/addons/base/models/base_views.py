"""Which views a model shows: the arch fitted to the user, and the fields it needs."""

from __future__ import annotations

from lxml import etree

from fondaco.addon import _, api, models
from fondaco.errors import UserError
from fondaco.http.current import request
from fondaco.registry.ormcache import ormcache
from fondaco.values.collections import frozendict

DESCRIBED = (
    "aggregator",
    "change_default",
    "context",
    "currency_field",
    "definition_record",
    "definition_record_field",
    "digits",
    "domain",
    "encrypted",
    "groupable",
    "groups",
    "help",
    "model_field",
    "name",
    "readonly",
    "related",
    "relation",
    "relation_field",
    "required",
    "sanitize",
    "sanitize_tags",
    "searchable",
    "selection",
    "size",
    "sortable",
    "store",
    "string",
    "translate",
    "trim",
    "type",
)
AUTOMATIC = frozenset({"id", "display_name", "create_uid", "create_date", "write_uid", "write_date", "parent_path"})


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model
    def get_empty_list_help(self, help_message):
        """What a list without records says."""
        return help_message

    # -- views made up where none is there ------------------------------------------------------------------------

    @api.model
    def _get_default_form_view(self):
        """Every field that can be edited, texts over the whole width."""
        group = etree.Element("group", col="4")
        for name, field in self._fields.items():
            if field.automatic or name in AUTOMATIC:
                continue
            if field.type in ("one2many", "many2many", "text", "html"):
                etree.SubElement(group, "newline")
                etree.SubElement(group, "field", name=name, colspan="4")
                etree.SubElement(group, "newline")
            else:
                etree.SubElement(group, "field", name=name)
        form = etree.Element("form", string=self._description or "")
        etree.SubElement(form, "sheet", string=self._description or "").append(group)
        return form

    @api.model
    def _get_default_search_view(self):
        view = etree.Element("search", string=self._description or "")
        etree.SubElement(view, "field", name=self._rec_name_fallback())
        return view

    @api.model
    def _get_default_list_view(self):
        view = etree.Element("list", string=self._description or "")
        etree.SubElement(view, "field", name=self._rec_name_fallback())
        return view

    @api.model
    def _get_default_pivot_view(self):
        return etree.Element("pivot", string=self._description or "")

    @api.model
    def _get_default_graph_view(self):
        view = etree.Element("graph", string=self._description or "")
        etree.SubElement(view, "field", name=self._rec_name_fallback())
        return view

    @api.model
    def _get_default_kanban_view(self):
        view = etree.Element("kanban", string=self._description or "")
        card = etree.SubElement(etree.SubElement(view, "templates"), "t")
        card.set("t-name", "card")
        etree.SubElement(card, "field", name=self._rec_name_fallback())
        return view

    @api.model
    def _get_default_calendar_view(self):
        """By the fields that usually hold the start and the end."""

        def first(*names):
            return next((name for name in names if name in self._fields), None)

        start = (
            self._date_name
            if hasattr(self, "_date_name") and self._date_name in self._fields
            else first("date", "date_start", "x_date", "x_date_start")
        )
        if not start:
            raise UserError(_("A calendar needs a field with a date."))
        stop, delay = (
            first("date_stop", "date_end", "x_date_stop", "x_date_end"),
            first("date_delay", "planned_hours", "x_date_delay", "x_planned_hours"),
        )
        if not (stop or delay):
            raise UserError(
                _(
                    "A calendar of %s needs a field with the end or the duration.",
                    self._name,
                )
            )
        view = etree.Element("calendar", string=self._description or "", date_start=start)
        view.set(*(("date_stop", stop) if stop else ("date_delay", delay)))
        etree.SubElement(view, "field", name=self._rec_name_fallback())
        return view

    # -- the view to show -----------------------------------------------------------------------------------------

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """(tree, row) of a view before it is fitted to the user; the row is empty for one that is made up."""
        views = self.env["ir.ui.view"].sudo()
        if not view_id:
            ref = self.env.context.get(f"{view_type}_view_ref")
            if ref:
                model, id_ = self.env["ir.model.data"]._xmlid_to_res_model_res_id(ref) if "." in ref else (None, None)
                view_id = id_ if model == "ir.ui.view" else None
        if not view_id:
            view_id = views.default_view(self._name, view_type)
        if view_id:
            view = views.browse(view_id)
            return view.with_env(self.env(su=True))._get_combined_arch(), view
        make = getattr(self, f"_get_default_{view_type}_view", None)
        if make is None:
            raise UserError(_("No default view of type '%s' could be found!", view_type))
        return make(), views

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        """What the tree of `_get_view` depends on, beside the view: overrides that read the context add to it."""
        return (
            view_id,
            view_type,
            options.get("mobile"),
            self.env.lang,
            self.env.context.get(f"{view_type}_view_ref"),
            tuple((key, value) for key, value in self.env.context.items() if key.endswith("_view_ref")),
            bool(self.env.context.get("studio")),
            bool(request and request.session.debug),
        )

    @api.model
    @ormcache(
        "self._get_view_cache_key(view_id, view_type, **options)",
        "self.env.su or self.env.user._get_group_ids()",
        cache="templates",
        shared=True,
    )
    def _get_view_cache(self, view_id=None, view_type="form", **options):
        """The view fitted to what the user's groups allow."""
        arch, view = self._get_view(view_id, view_type, **options)
        fitted, names = view._postprocess(arch, view.model or self._name, kind=view_type)
        return frozendict(
            {
                "arch": fitted,
                "id": view.id,
                "model": self._name,
                "models": frozendict({model: tuple(found) for model, found in names.items()}),
            }
        )

    @api.model
    def get_view(self, view_id=None, view_type="form", **options):
        """{'arch', 'id', 'model', 'models'}: a view as the user sees it; `models` names the fields that it needs.

        `custom_view_id`: that of the user's own copy, where he has one (`ir.ui.view.custom`).
        """
        self.browse().check_access("read")
        found = dict(self._get_view_cache(view_id, view_type, **options))
        copy = self.env["ir.ui.view.custom"]._copy_of(self.env.uid, found["id"]) if found["id"] else None
        if copy:
            custom_id, arch = copy
            fitted, names = self.env["ir.ui.view"].sudo()._postprocess(etree.fromstring(arch), self._name, view_type)
            found.update(arch=fitted, models=names, custom_view_id=custom_id)
        return found

    @api.model
    @api.readonly
    def get_views(self, views, options=None):
        """{'views': by type, 'models': {model: {'fields': ...}}} of several views; toolbar and filters on request."""
        options = options or {}
        kept = {name: options[name] for name in self._get_view_options() if name in options}
        result = {}
        for view_id, view_type in views:
            if view_type == "tree":
                view_type = "list"
            result[view_type] = self.get_view(view_id, view_type, **kept)
        names: dict[str, dict] = {}
        for values in result.values():
            for model, found in values.pop("models").items():
                names.setdefault(model, {}).update(dict.fromkeys(found))
        if "search" in result:
            names.setdefault(self._name, {}).update(dict.fromkeys(self._fields))
        attributes = self._get_view_field_attributes()
        described = {
            model: {"fields": self.env[model].fields_get(allfields=list(found), attributes=attributes)}
            for model, found in names.items()
        }
        if options.get("toolbar"):
            self._add_toolbars(result)
        if options.get("load_filters") and "search" in result:
            result["search"]["filters"] = self.env["ir.filters"].get_filters(
                self._name,
                options.get("action_id"),
                options.get("embedded_action_id"),
                options.get("embedded_parent_res_id"),
            )
        return {"views": result, "models": described}

    @api.model
    def _get_view_options(self):
        """Names of the options of `get_views` that each view is asked with."""
        return ("mobile",)

    def _add_toolbars(self, views):
        bindings = self.env["ir.actions.actions"].get_bindings(self._name)
        for view_type, values in views.items():
            toolbar = values.setdefault("toolbar", {})
            for kind, actions in bindings.items():
                shown = [
                    action
                    for action in actions
                    if view_type in (action.get("binding_view_types") or view_type).split(",")
                ]
                if shown:
                    toolbar["print" if kind == "report" else kind] = shown

    @api.model
    def _get_view_field_attributes(self):
        """Keys of a field's description that views need."""
        return list(DESCRIBED)

    def get_formview_id(self, access_uid=None):
        """Id of the form that shows the record; False: the default one."""
        return False

    def get_formview_action(self, access_uid=None):
        """An action that opens the record."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "views": [(self.get_formview_id(access_uid=access_uid), "form")],
            "target": "current",
            "res_id": self.id,
            "context": dict(self.env.context),
        }

    def _get_records_action(self, **kwargs):
        """An action that opens the records: one as a form, several as a list."""
        match self.ids:
            case [id_]:
                shown = {"res_id": id_, "views": [(False, "form")]}
            case ids:
                shown = {"domain": [("id", "in", ids)], "views": [(False, "list"), (False, "form")]}
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "context": dict(self.env.context),
            "target": "current",
            **shown,
            **kwargs,
        }

    @api.model
    def view_header_get(self, view_id=None, view_type="form"):
        """A title for the view that depends on the context; False: the usual one."""
        return False
