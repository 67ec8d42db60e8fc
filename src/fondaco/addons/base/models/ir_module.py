"""Which modules there are, and what installing or removing one takes: the doors to fondaco.modules."""

from __future__ import annotations

import base64
import logging
from collections import defaultdict

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.modules import listing
from fondaco.modules.manifest import missing_dependencies
from fondaco.registry.ormcache import ormcache

from .addon_files import addon_file, addons_path

_logger = logging.getLogger(__name__)
DEFAULT_ICON = "base/static/description/icon.png"
STATES = [
    ("uninstallable", "Uninstallable"),
    ("uninstalled", "Not Installed"),
    ("installed", "Installed"),
    ("to upgrade", "To be upgraded"),
    ("to remove", "To be removed"),
    ("to install", "To be installed"),
]


class IrModuleCategory(models.Model):
    _name = "ir.module.category"
    _description = "Application"
    _order = "name"

    name = fields.Char(string="Name", required=True, index=True, translate=True)
    parent_id = fields.Many2one("ir.module.category", string="Parent Application", index=True)
    child_ids = fields.One2many("ir.module.category", "parent_id", string="Child Applications")
    module_ids = fields.One2many("ir.module.module", "category_id", string="Modules")
    description = fields.Text(string="Description", translate=True)
    sequence = fields.Integer(string="Sequence", aggregator=None)
    visible = fields.Boolean(string="Visible", default=True)
    exclusive = fields.Boolean(string="Exclusive")
    xml_id = fields.Char(string="External ID", compute="_compute_xml_id")

    _allow_sudo_commands = False

    def _compute_xml_id(self):
        xmlids = self._get_external_ids()
        for category in self:
            category.xml_id = (xmlids.get(category.id) or [""])[0]

    @api.constrains("parent_id")
    def _check_not_below_itself(self):
        if self._has_cycle():
            raise UserError(_("A category cannot lie below itself."))

    def write(self, values):
        done = super().write(values)
        if "exclusive" in values or "sequence" in values or "name" in values:
            self.env["res.groups"]._update_user_groups_view()
        return done

    def unlink(self):
        done = super().unlink()
        self.env["res.groups"]._update_user_groups_view()
        return done


class IrModule(models.Model):
    _name = "ir.module.module"
    _description = "Module"
    _order = "application desc,sequence,name"
    _rec_name = "shortdesc"
    _rec_names_search = ["name", "shortdesc", "summary"]
    _sql_constraints = [
        ("name_uniq", "UNIQUE (name)", "There is a module of this name."),
    ]

    name = fields.Char(string="Technical Name", readonly=True, required=True)
    category_id = fields.Many2one("ir.module.category", string="Category", readonly=True, index=True)
    shortdesc = fields.Char(string="Module Name", readonly=True, translate=True)
    summary = fields.Char(string="Summary", readonly=True, translate=True)
    description = fields.Text(string="Description", readonly=True, translate=True)
    description_html = fields.Html(string="Description HTML", compute="_compute_description_html")
    author = fields.Char(string="Author", readonly=True)
    maintainer = fields.Char(string="Maintainer", readonly=True)
    contributors = fields.Text(string="Contributors", readonly=True)
    website = fields.Char(string="Website", readonly=True)
    installed_version = fields.Char(string="Latest Version", compute="_compute_installed_version")
    latest_version = fields.Char(string="Installed Version", readonly=True)
    published_version = fields.Char(string="Published Version", readonly=True)
    url = fields.Char(string="URL", readonly=True)
    sequence = fields.Integer(string="Sequence", default=100, aggregator=None)
    dependencies_id = fields.One2many("ir.module.module.dependency", "module_id", string="Dependencies", readonly=True)
    country_ids = fields.Many2many("res.country", "module_country", "module_id", "country_id", string="Country")
    exclusion_ids = fields.One2many("ir.module.module.exclusion", "module_id", string="Exclusions", readonly=True)
    auto_install = fields.Boolean(string="Automatic Installation")
    state = fields.Selection(
        selection=STATES,
        string="Status",
        readonly=True,
        copy=False,
        index=True,
        default="uninstallable",
    )
    demo = fields.Boolean(string="Demo Data", readonly=True, default=False)
    license = fields.Selection(
        selection=[
            ("GPL-2", "GPL Version 2"),
            ("GPL-2 or any later version", "GPL-2 or later version"),
            ("GPL-3", "GPL Version 3"),
            ("GPL-3 or any later version", "GPL-3 or later version"),
            ("AGPL-3", "Affero GPL-3"),
            ("LGPL-3", "LGPL Version 3"),
            ("Other OSI approved licence", "Other OSI Approved License"),
            ("OEEL-1", "Odoo Enterprise Edition License v1.0"),
            ("OPL-1", "Odoo Proprietary License v1.0"),
            ("Other proprietary", "Other Proprietary"),
        ],
        string="License",
        readonly=True,
        default="LGPL-3",
    )
    menus_by_module = fields.Text(string="Menus", compute="_compute_brings", store=True)
    reports_by_module = fields.Text(string="Reports", compute="_compute_brings", store=True)
    views_by_module = fields.Text(string="Views", compute="_compute_brings", store=True)
    application = fields.Boolean(string="Application", readonly=True)
    icon = fields.Char(string="Icon URL")
    icon_image = fields.Binary(string="Icon", compute="_get_icon_image")
    icon_flag = fields.Char(string="Flag", compute="_get_icon_image")
    to_buy = fields.Boolean(string="Odoo Enterprise Module", default=False)
    has_iap = fields.Boolean(string="Has Iap", compute="_compute_has_iap")

    _allow_sudo_commands = False

    # -- what a manifest says -------------------------------------------------------------------------------------

    @classmethod
    def get_module_info(cls, name):
        """The manifest of a module on the addons path, as a dict; empty when there is none."""
        manifest = cls.pool.registries.addons.manifest(name)
        return dict(manifest.values) if manifest is not None else {}

    @api.depends("name", "description")
    def _compute_description_html(self):
        for module in self:
            path = addon_file(self.env, f"{module.name}/static/description/index.html") if module.name else None
            if path is not None:
                module.description_html = path.read_text("utf-8")
            else:
                module.description_html = f"<pre>{module.description}</pre>" if module.description else False

    @api.depends("name")
    def _compute_installed_version(self):
        for module in self:
            manifest = addons_path(self.env).manifest(module.name) if module.name else None
            module.installed_version = manifest.version if manifest is not None else "1.0"

    @api.depends("name", "state")
    def _compute_brings(self):
        kinds = {
            "views_by_module": "ir.ui.view",
            "reports_by_module": "ir.actions.report",
            "menus_by_module": "ir.ui.menu",
        }
        for module in self:
            if module.state not in ("installed", "to upgrade", "to remove"):
                module.views_by_module = module.reports_by_module = module.menus_by_module = ""
                continue
            rows = self.env["ir.model.data"].search(
                [("module", "=", module.name), ("model", "in", list(kinds.values()))]
            )
            ids = defaultdict(list)
            for row in rows:
                ids[row.model].append(row.res_id)
            for name, model in kinds.items():
                records = self.env[model].with_context(active_test=False).browse(ids[model]).exists()
                module[name] = "\n".join(sorted(record.display_name or "" for record in records))

    @api.depends("icon")
    def _get_icon_image(self):
        for module in self:
            module.icon_image, module.icon_flag = False, False
            path = addon_file(self.env, (module.icon or "").lstrip("/")) or addon_file(self.env, DEFAULT_ICON)
            if path is not None and path.is_file():
                module.icon_image = base64.b64encode(path.read_bytes())

    def _compute_has_iap(self):
        for module in self:
            module.has_iap = "iap" in module.upstream_dependencies(exclude_states=("",)).mapped("name")

    @staticmethod
    def get_values_from_terp(terp):
        """Values of a module's row that its manifest gives."""
        return {
            "description": (terp.get("description") or "").strip(),
            "shortdesc": terp.get("name") or "",
            "author": terp.get("author") or _("Unknown"),
            "maintainer": terp.get("maintainer") or False,
            "contributors": ", ".join(terp.get("contributors") or []) or False,
            "website": terp.get("website") or "",
            "license": terp.get("license") or "LGPL-3",
            "sequence": terp.get("sequence", 100),
            "application": bool(terp.get("application")),
            "auto_install": terp.get("auto_install", False) is not False,
            "icon": terp.get("icon") or False,
            "summary": terp.get("summary") or "",
            "url": terp.get("url") or terp.get("live_test_url") or "",
            "to_buy": False,
        }

    # -- rows -----------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _refuse_deleting_installed(self):
        for module in self:
            if module.state in ("installed", "to upgrade", "to remove", "to install"):
                raise UserError(_("“%s” is installed, or about to be: it cannot be deleted.", module.name))

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @ormcache()
    def _installed(self):
        """Name -> id of the installed modules."""
        return {module.name: module.id for module in self.sudo().search([("state", "=", "installed")])}

    @api.model
    def _get(self, name):
        """The row of a module, by name."""
        return self.browse(self._get_id(name)) if name else self.browse()

    @ormcache("name")
    def _get_id(self, name):
        self.flush_model(["name"])
        self.env.cr.execute("SELECT id FROM ir_module_module WHERE name = %s", (name,))
        row = self.env.cr.fetchone()
        return row and row[0]

    @api.model
    def update_list(self):
        """Make the rows follow the addons path; answers (updated, added)."""
        self._require_admin()
        return list(listing.update_list(self.env, addons_path(self.env)))

    @api.model
    def search_panel_select_range(self, field_name, **kwargs):
        """Categories in the panel beside the list of apps: those that hold installable modules."""
        result = super().search_panel_select_range(field_name, **kwargs)
        if field_name == "category_id":
            hidden = self.env.ref("base.module_category_hidden", raise_if_not_found=False)
            result["values"] = [row for row in result["values"] if not hidden or row["id"] != hidden.id]
        return result

    def _update_translations(self, filter_lang=None, overwrite=False):
        """Load the translations of the installed modules in the given languages, or in all active ones."""
        langs = [filter_lang] if isinstance(filter_lang, str) else filter_lang
        langs = langs or [code for code, _name in self.env["res.lang"].get_installed()]
        load = getattr(self.env.registry, "load_translations", None)
        if load is not None:
            names = self.mapped("name") or list(self._installed())
            load(self.env, names, langs, overwrite=overwrite)

    # -- dependencies ---------------------------------------------------------------------------------------------

    def downstream_dependencies(self, known_deps=None, exclude_states=("uninstalled", "uninstallable", "to remove")):
        """Modules that need these, directly or not."""
        return self._walk("downstream", known_deps, exclude_states)

    def upstream_dependencies(self, known_deps=None, exclude_states=("installed", "uninstallable", "to remove")):
        """Modules that these need, directly or not."""
        return self._walk("upstream", known_deps, exclude_states)

    def _walk(self, direction, known, excluded):
        self.flush_model(["name", "state"])
        self.env["ir.module.module.dependency"].flush_model(["module_id", "name"])
        self.env.cr.execute(
            "SELECT d.module_id, m.id FROM ir_module_module_dependency d JOIN ir_module_module m ON m.name = d.name"
        )
        neighbours = defaultdict(list)
        for module_id, needed_id in self.env.cr.fetchall():
            source, target = (module_id, needed_id) if direction == "upstream" else (needed_id, module_id)
            neighbours[source].append(target)
        seen = dict.fromkeys((known or self.browse()).ids)
        queue = list(self.ids)
        while queue:
            for id_ in neighbours[queue.pop()]:
                if id_ not in seen and self.browse(id_).state not in excluded:
                    seen[id_] = None
                    queue.append(id_)
        return self.browse(seen)

    def check_external_dependencies(self, module_name, newstate="to install"):
        """Refuse when a Python package or a program that a module needs is missing."""
        manifest = addons_path(self.env).manifest(module_name)
        problems = missing_dependencies(manifest) if manifest is not None else []
        if problems:
            raise UserError(
                _(
                    "“%(module)s” cannot be installed or upgraded here: %(problem)s",
                    module=module_name,
                    problem="; ".join(problems),
                )
            )
