"""What a view looks like: the row with its arch, and the family of rows that make it; the door to fondaco.views."""

from __future__ import annotations

import uuid

from lxml import etree

from fondaco.addon import api, fields, models
from fondaco.data.unchanged import is_unchanged
from fondaco.i18n.terms import xml_translate
from fondaco.orm.recordset import missing_error
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL
from fondaco.values.deferred import Postponed
from fondaco.views import arch as arches
from fondaco.views.arch import Where
from fondaco.views.combine import Layer, combine
from fondaco.views.inherit import apply, locate

from .addon_files import addon_file

datafile = Postponed("fondaco.data.xml")
EXTENSIONS = [("active", "=", True)]


class View(models.Model):
    _name = "ir.ui.view"
    _description = "View"
    _order = "priority,name,id"
    _sql_constraints = [
        (
            "inheritance_mode",
            "CHECK (mode != 'extension' OR inherit_id IS NOT NULL)",
            "A view that extends another says which one.",
        ),
        ("qweb_required_key", "CHECK (type != 'qweb' OR key IS NOT NULL)", "A template needs a key."),
    ]

    name = fields.Char(string="View Name", required=True)
    model = fields.Char(string="Model", index=True)
    key = fields.Char(string="Key", index="btree_not_null")
    priority = fields.Integer(string="Sequence", required=True, default=16)
    type = fields.Selection(
        selection=[
            ("list", "List"),
            ("form", "Form"),
            ("graph", "Graph"),
            ("pivot", "Pivot"),
            ("calendar", "Calendar"),
            ("kanban", "Kanban"),
            ("search", "Search"),
            ("qweb", "QWeb"),
        ],
        string="View Type",
    )
    arch = fields.Text(string="View Architecture", compute="_compute_arch", inverse="_inverse_arch")
    arch_base = fields.Text(string="Base View Architecture", compute="_compute_arch_base", inverse="_inverse_arch_base")
    arch_db = fields.Text(string="Arch Blob", translate=xml_translate)
    arch_fs = fields.Char(string="Arch Filename")
    arch_updated = fields.Boolean(string="Modified Architecture")
    arch_prev = fields.Text(string="Previous View Architecture")
    inherit_id = fields.Many2one("ir.ui.view", string="Inherited View", index=True, ondelete="restrict")
    inherit_children_ids = fields.One2many("ir.ui.view", "inherit_id", string="Views which inherit from this one")
    model_data_id = fields.Many2one(
        "ir.model.data",
        string="Model Data",
        compute="_compute_model_data_id",
        search="_search_model_data_id",
    )
    xml_id = fields.Char(string="External ID", compute="_compute_xml_id")
    groups_id = fields.Many2many("res.groups", "ir_ui_view_group_rel", "view_id", "group_id", string="Groups")
    mode = fields.Selection(
        selection=[
            ("primary", "Base view"),
            ("extension", "Extension View"),
        ],
        string="View inheritance mode",
        required=True,
        default="primary",
    )
    warning_info = fields.Html(string="Warning information", compute="_compute_warning_info")
    active = fields.Boolean(string="Active", default=True)
    model_id = fields.Many2one(
        "ir.model",
        string="Model of the view",
        compute="_compute_model_id",
        inverse="_inverse_compute_model_id",
    )

    _allow_sudo_commands = False

    # -- arch -----------------------------------------------------------------------------------------------------

    @api.depends("arch_db", "arch_fs", "arch_updated")
    @api.depends_context("read_arch_from_file", "lang", "edit_translations", "check_translations")
    def _compute_arch(self):
        for view in self:
            view.arch = view.arch_db

    def _inverse_arch(self):
        for view in self:
            values = {"arch_db": view.arch}
            context = self.env.context
            if "install_filename" in context:
                values["arch_fs"] = context["install_filename"]
                values["arch_updated"] = False
            view.write(values)
        self.invalidate_recordset(["arch"])

    @api.depends("arch")
    @api.depends_context("read_arch_from_file")
    def _compute_arch_base(self):
        for view, source in zip(self, self.with_context(lang=None)):
            view.arch_base = source.arch

    def _inverse_arch_base(self):
        for view, source in zip(self, self.with_context(lang=None)):
            source.arch = view.arch_base

    def reset_arch(self, mode="soft"):
        """Take back the last change ('soft'), or all since the file ('hard')."""
        for view in self:
            arch = view.arch_prev if mode == "soft" else view._arch_of_file()
            if arch:
                view.with_context(no_save_prev=True, lang=None).write({"arch_db": arch})

    def _arch_of_file(self):
        """The arch as the module's file has it; None when it cannot be found."""
        self.ensure_one()
        path = addon_file(self.env, self.arch_fs) if self.arch_fs else None
        if path is None or path.suffix != ".xml":
            return None
        return self._arch_in(path, self.arch_fs, self.xml_id)

    def _arch_in(self, path, file, xmlid):
        """The arch that a data file ('module/path') has for an external id; None when it has none."""
        for operation in datafile.read_file(path, file.partition("/")[0], name=file):
            if isinstance(operation, datafile.RecordOp) and operation.xmlid == xmlid:
                arch = dict(operation.fields).get("arch")
                is_markup = isinstance(arch, datafile.Markup)
                return datafile.PLACEHOLDER.sub(self._id_in_arch, arch.text) if is_markup else None
        return None

    def _id_in_arch(self, match):
        """What stands for `%(xmlid)d` in the arch of a file."""
        return str(self.env["ir.model.data"]._xmlid_to_res_id(match[1])) if match[1] else "%"

    @api.depends("write_date")
    def _compute_model_data_id(self):
        rows = (
            self.env["ir.model.data"]
            .sudo()
            .search_fetch([("model", "=", "ir.ui.view"), ("res_id", "in", self.ids)], ["res_id"], order="id")
        )
        by_view = {}
        for row in rows:
            by_view.setdefault(row.res_id, row.id)
        for view in self:
            view.model_data_id = by_view.get(view.id, False)

    def _search_model_data_id(self, operator, value):
        name = "name" if isinstance(value, str) else "id"
        rows = self.env["ir.model.data"].sudo().search([("model", "=", "ir.ui.view"), (name, operator, value)])
        return [("id", "in", rows.mapped("res_id"))]

    def _compute_xml_id(self):
        xmlids = self._get_external_ids()
        for view in self:
            view.xml_id = (xmlids.get(view.id) or [""])[0]

    @api.depends("model")
    def _compute_model_id(self):
        for view in self:
            view.model_id = self.env["ir.model"]._get(view.model)

    def _inverse_compute_model_id(self):
        for view in self:
            view.model = view.model_id.model

    @api.depends("arch")
    def _compute_warning_info(self):
        for view in self:
            view.warning_info = False

    # -- keeping --------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        prepared = []
        for values in vals_list:
            values = dict(values)
            if "arch_db" in values and not values["arch_db"]:
                del values["arch_db"]
            values["type"] = self._type_of(values)
            if not values.get("name"):
                values["name"] = f"{values.get('model')} {values['type']}"
            if values["type"] == "qweb" and not values.get("key"):
                values["key"] = self._new_key(values)
            prepared.append(self._stored_at_once(self._compute_defaults(values)))
        self.env.registry.clear_cache("templates")
        return super().create(prepared)

    def _stored_at_once(self, values):
        """Values with the arch in its column: no second write by its inverse, unless it is a translation."""
        if self.env.lang in (None, "en_US") and "arch_db" not in values:
            arch, base = values.pop("arch", None), values.pop("arch_base", None)
            if arch or base:
                values["arch_db"] = arch or base
                if "install_filename" in self.env.context:
                    values.setdefault("arch_fs", self.env.context["install_filename"])
        return values

    def _new_key(self, values):
        return f"gen_key.{uuid.uuid4().hex[:8]}"

    def _compute_defaults(self, values):
        if "inherit_id" in values and values["inherit_id"]:
            values.setdefault("mode", "extension")
        values.setdefault("mode", "primary")
        return values

    def write(self, vals):
        vals = dict(vals)
        if ("arch" in vals or "arch_base" in vals) and "install_filename" not in self.env.context:
            vals["arch_updated"] = True
        if vals.get("inherit_id") and "mode" not in vals and all(not view.inherit_id for view in self):
            vals["mode"] = "extension"
        if ("arch_db" in vals or "arch" in vals) and not self.env.context.get("no_save_prev"):
            vals["arch_prev"] = self.with_context(lang=None)[:1].arch_db
        custom = self.env["ir.ui.view.custom"].sudo().search([("ref_id", "in", self.ids)]) if self.ids else None
        if custom:
            custom.unlink()  # dashboards made from the former arch
        self.env.registry.clear_cache("templates")
        return super().write(vals)

    def _load_records_write(self, values):
        """A view whose file says what it said before is not written, only held against the models as they are now."""
        others = {name: value for name, value in values.items() if name != "arch"}
        if values.get("arch") == self.with_context(lang=None).arch_db and is_unchanged(self, others):
            return self._check_xml()
        return super()._load_records_write(values)

    def unlink(self):
        """Delete, with the views that extend these while their module goes."""
        if self.env.context.get("_force_unlink") and self.inherit_children_ids:
            self.inherit_children_ids.unlink()
        self.env.registry.clear_cache("templates")
        return super().unlink()

    def copy_data(self, default=None):
        default = dict(default or {})
        rows = super().copy_data(default=default)
        if "key" not in default:
            for view, vals in zip(self, rows):
                if view.type == "qweb" and view.key:
                    vals["key"] = self._new_key(vals)
        return rows

    def toggle_active(self):
        for view in self:
            view.active = not view.active

    # -- the family -----------------------------------------------------------------------------------------------

    @api.model
    def default_view(self, model, view_type):
        """Id of the view to use where none is named; False when there is none."""
        return self.search([("model", "=", model), ("type", "=", view_type), ("mode", "=", "primary")], limit=1).id

    def _layers(self):
        """The rows that make this view, as fondaco.views combines them."""
        layers = self._families()[self.id]
        if not layers:
            raise missing_error(self)
        return layers

    def _families(self):
        """View id -> the rows that make the view, for all of these views in one statement."""
        self.flush_model(["arch_db", "mode", "inherit_id", "priority", "active", "name", "model", "arch_fs"])
        lang = self.env.lang or "en_US"
        text = SQL("COALESCE(v.arch_db->>%s, v.arch_db->>'en_US')", lang)
        found = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE up(root, id, inherit_id) AS (
                         SELECT id, id, inherit_id FROM ir_ui_view WHERE id = ANY(%s)
                          UNION
                         SELECT up.root, v.id, v.inherit_id FROM ir_ui_view v JOIN up ON v.id = up.inherit_id),
                     family(root, id) AS (
                         SELECT root, id FROM up
                          UNION
                         SELECT family.root, v.id FROM ir_ui_view v JOIN family ON v.inherit_id = family.id
                          WHERE v.active AND v.mode = 'extension')
                SELECT family.root, v.id, %s, v.mode, v.inherit_id, v.priority, v.name, v.model, v.arch_fs,
                       (SELECT d.module || '.' || d.name FROM ir_model_data d
                         WHERE d.model = 'ir.ui.view' AND d.res_id = v.id ORDER BY d.id LIMIT 1)
                  FROM ir_ui_view v JOIN family ON v.id = family.id
                 ORDER BY v.priority, v.name, v.id
                """,
                list(self.ids),
                text,
            )
        )
        families = {id_: [] for id_ in self.ids}
        for root, *row in found:
            families[root].append(row)
        return {root: self._as_layers(root, rows) for root, rows in families.items()}

    def _as_layers(self, root, rows):
        """Layers of the rows of one family, but for those that do not count now."""
        left_out = self._left_out([(row[0], row[3]) for row in rows if row[2] == "extension" and row[0] != root])
        loaded = (
            None if self.pool.ready else {*self.pool.loaded_modules, "__custom__", "__export__", "__cloc_exclude__"}
        )
        return [
            Layer(
                id=id_,
                arch=arch or "<data/>",
                mode=mode,
                inherit_id=inherit_id,
                priority=priority,
                where=Where(view=name or "", xmlid=xmlid or "", model=model or "", file=file or ""),
            )
            for id_, arch, mode, inherit_id, priority, name, model, file, xmlid in rows
            if (loaded is None or id_ == root or xmlid is None or xmlid.partition(".")[0] in loaded)
            and id_ not in left_out
        ]

    @api.model
    def _get_inheriting_views_domain(self):
        """Which extensions a view is combined with; override it to leave some out."""
        return EXTENSIONS

    def _left_out(self, extensions):
        """Ids of those of the extensions (id, id of the view it extends) that the domain leaves out, and of theirs."""
        domain = self._get_inheriting_views_domain()
        if domain == EXTENSIONS:
            return set()
        views = self.sudo().with_context(active_test=False)
        kept = set(views.search([("id", "in", [id_ for id_, _parent in extensions]), *(domain or [])]).ids)
        left_out = {id_ for id_, _parent in extensions if id_ not in kept}
        while more := {id_ for id_, parent in extensions if parent in left_out} - left_out:
            left_out |= more
        return left_out

    def _combine(self):
        """The arch of this view with everything that extends it, as a tree."""
        self.ensure_one()
        return combine(self._layers(), self.id, change=self._own_change())

    def _own_change(self):
        """How an addon applies extensions, which knows more of them than we do; None where no addon does."""
        own = type(self).apply_inheritance_specs is not View.apply_inheritance_specs
        return self.apply_inheritance_specs if own else None

    def _get_combined_arch(self):
        """As a tree: one's own, to change at will."""
        return arches.parse(self._combined_text(self.env.lang or "en_US"))

    @ormcache("self.id", "lang", "str(self._get_inheriting_views_domain())", cache="templates")
    def _combined_text(self, lang):
        return arches.serialise(self._combine())

    def get_combined_arch(self):
        """The arch of this view with everything that extends it, as text."""
        return self._combined_text(self.env.lang or "en_US")

    @api.model
    def apply_inheritance_specs(self, source, specs_tree, pre_locate=lambda spec: True):
        """`source` changed by an extension; both are trees."""
        for spec in specs_tree.iter(etree.Element):
            pre_locate(spec)
        return apply(source, specs_tree)

    @api.model
    def locate_node(self, arch, spec):
        """The node that a spec means, None when there is none."""
        return locate(arch, spec)

    # -- templates ------------------------------------------------------------------------------------------------

    @api.model
    @ormcache("template", cache="templates")
    def _get_view_id(self, template):
        """Id of a template by its key or external id."""
        if isinstance(template, int):
            return template
        if "." not in template:
            raise ValueError(f"Invalid template id: {template!r}")
        view = self.sudo().search([("key", "=", template)], limit=1)
        return view.id or self.env["ir.model.data"]._xmlid_to_res_id(template, raise_if_not_found=True)

    def _get_template_view(self, template):
        return self.browse(self._get_view_id(template))

    @api.model
    def _render_template(self, template, values=None):
        """Markup of a template."""
        return self.env["ir.qweb"]._render(template, values)

    @api.model
    def render_public_asset(self, template, values=None):
        """Markup of a template that anybody may ask for."""
        view = self._get_template_view(template).sudo()
        if view.groups_id and not (view.groups_id & self.env.user.groups_id):
            view.sudo(False).check_access("read")
        return self.sudo()._render_template(template, values)

    @api.model
    def _read_template(self, view_id):
        return self.browse(view_id).get_combined_arch()

    # branding: marks by which an editor knows where a node came from. Without an editor installed there are none.

    def inherit_branding(self, specs_tree):
        return specs_tree

    def distribute_branding(self, e, branding=None, parent_xpath="", index_map=None):
        return None

    def is_node_branded(self, node):
        return any(name.startswith("data-oe-") for name in node.attrib)

    @api.model
    def _snippet_save_view_values_hook(self):
        return {}
