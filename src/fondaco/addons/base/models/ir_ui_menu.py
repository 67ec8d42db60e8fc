"""Which menus a user sees, and what each opens."""

from __future__ import annotations

import base64

from fondaco.addon import _, api, fields, models
from fondaco.errors import ValidationError
from fondaco.registry.ormcache import ormcache

from .addon_files import addon_file

SEPARATOR = "/"
# Field of an action that names the model it works on: what the user must be able to read.
MODEL_FIELD = {
    "ir.actions.act_window": "res_model",
    "ir.actions.report": "model",
    "ir.actions.server": "model_name",
}


class IrUiMenu(models.Model):
    _name = "ir.ui.menu"
    _description = "Menu"
    _order = "sequence,id"
    _parent_store = True

    name = fields.Char(string="Menu", required=True, translate=True)
    active = fields.Boolean(string="Active", default=True)
    sequence = fields.Integer(string="Sequence", default=10, aggregator=None)
    child_id = fields.One2many("ir.ui.menu", "parent_id", string="Child IDs")
    parent_id = fields.Many2one("ir.ui.menu", string="Parent Menu", index=True, ondelete="restrict")
    parent_path = fields.Char(string="Parent Path", index=True)
    groups_id = fields.Many2many("res.groups", "ir_ui_menu_group_rel", "menu_id", "gid", string="Groups")
    complete_name = fields.Char(string="Full Path", compute="_compute_complete_name", recursive=True)
    web_icon = fields.Char(string="Web Icon File")
    action = fields.Reference(
        selection=[
            ("ir.actions.report", "ir.actions.report"),
            ("ir.actions.act_window", "ir.actions.act_window"),
            ("ir.actions.act_url", "ir.actions.act_url"),
            ("ir.actions.server", "ir.actions.server"),
            ("ir.actions.client", "ir.actions.client"),
        ],
        string="Action",
    )
    web_icon_data = fields.Binary(string="Web Icon Image")

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for menu in self:
            menu.complete_name = menu._get_full_name()

    def _get_full_name(self, level=6):
        """Names from the root down, joined; at most `level` of them."""
        if level <= 0:
            return "..."
        if self.parent_id:
            return f"{self.parent_id._get_full_name(level - 1)}{SEPARATOR}{self.name or ''}"
        return self.name

    @api.depends("parent_id")
    def _compute_display_name(self):
        for menu in self:
            menu.display_name = menu._get_full_name()

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(_("A menu cannot lie below itself."))

    # -- what the user sees ---------------------------------------------------------------------------------------

    @api.model
    def _visible_menu_ids(self, debug=False):
        """Ids of the menus whose groups the user has, that open something he may read or lead to one that does.

        A set of the caller's own, which addons that hide some take them out of.
        """
        return set(self._ids_of_visible_menus(debug))

    @api.model
    @ormcache("frozenset(self.env.user._get_group_ids())", "debug")
    def _ids_of_visible_menus(self, debug):
        menus = (
            self.with_context({"ir.ui.menu.full_list": True})
            .search_fetch([], ["action", "parent_id"], order="id")
            .sudo()
        )
        groups = set(self.env.user._get_group_ids())
        if not debug:
            groups -= {self.env["ir.model.data"]._xmlid_to_res_id("base.group_no_one")}
        menus = menus.filtered(lambda menu: not menu.groups_id or not groups.isdisjoint(menu.groups_id.ids))
        allowed = self.env["ir.model.access"]._get_allowed_models()
        actions = self._existing_actions(menus)
        shown = set()
        candidates = set(menus.ids)
        for menu in menus:
            action = actions.get(menu.id)
            if action is None:
                continue
            name = MODEL_FIELD.get(action._name)
            model = name and action[name]
            if model and model not in allowed:
                continue
            path = []  # every menu above must be visible too: else nobody gets there
            while menu and menu.id in candidates:
                path.append(menu.id)
                menu = menu.parent_id
            if not menu:
                shown.update(path)
        return frozenset(shown)

    @staticmethod
    def _existing_actions(menus):
        """Action of each menu, those apart that are gone."""
        found = {menu.id: menu.action for menu in menus if menu.action}
        by_model = {}
        for action in found.values():
            by_model.setdefault(action._name, []).append(action.id)
        alive = {
            (name, id_) for name, ids in by_model.items() for id_ in menus.env[name].sudo().browse(ids).exists().ids
        }
        return {id_: action for id_, action in found.items() if (action._name, action.id) in alive}

    def _filter_visible_menus(self):
        """The menus of self that the user sees."""
        visible = self._visible_menu_ids(self.env.context.get("ir.ui.menu.full_list", False) or self._is_debug())
        return self.filtered(lambda menu: menu.id in visible)

    def _is_debug(self):
        return bool(self.env.context.get("debug"))

    @api.model
    def search_fetch(self, domain, field_names, offset=0, limit=None, order=None):
        menus = super().search_fetch(domain, field_names, order=order)
        if menus and not self.env.context.get("ir.ui.menu.full_list") and self.env.uid and not self.env.su:
            menus = menus._filter_visible_menus()
        if offset:
            menus = menus[offset:]
        return menus[:limit] if limit else menus

    @api.model
    def search_count(self, domain, limit=None):
        count = super().search_count(domain, limit=limit)
        if count and not self.env.context.get("ir.ui.menu.full_list"):
            count = len(self.search(domain, limit=limit))
        return count

    # -- keeping --------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        for values in vals_list:
            if values.get("web_icon"):
                values["web_icon_data"] = self._compute_web_icon_data(values["web_icon"])
        return super().create(vals_list)

    def write(self, values):
        self.env.registry.clear_cache()
        if "web_icon" in values:
            values = {**values, "web_icon_data": self._compute_web_icon_data(values["web_icon"])}
        return super().write(values)

    def _compute_web_icon_data(self, web_icon):
        """Content of an icon file named 'module,path'; False when there is none."""
        module, comma, name = (web_icon or "").partition(",")
        if not comma or "," in name:
            return False
        path = addon_file(self.env, f"{module.strip()}/{name.strip()}")
        return base64.b64encode(path.read_bytes()) if path is not None and path.is_file() else False

    def unlink(self):
        direct = self.with_context({"ir.ui.menu.full_list": True, "active_test": False}).search(
            [("parent_id", "in", self.ids)]
        )
        (direct - self).write({"parent_id": False})
        self.env.registry.clear_cache()
        return super().unlink()

    def copy(self, default=None):
        copies = super().copy(default=default)
        for menu in copies:
            head, dot, number = menu.name.rpartition("(")
            if dot and number[:-1].isdigit() and number.endswith(")"):
                menu.name = f"{head}({int(number[:-1]) + 1})"
            else:
                menu.name = f"{menu.name}(1)"
        return copies

    # -- what the client loads ------------------------------------------------------------------------------------

    @api.model
    def get_user_roots(self):
        """Menus at the top that the user sees."""
        return self.search([("parent_id", "=", False)])

    @api.model
    def _load_menus_blacklist(self):
        """Ids of menus that are left out of what the client loads."""
        return []

    @api.model
    @ormcache("self.env.uid", "self.env.lang")
    def load_menus_root(self):
        roots = self.get_user_roots()
        rows = roots.read(["name", "sequence", "parent_id", "action", "web_icon_data"]) if roots else []
        self._add_xmlids(roots, rows)
        return {"id": False, "name": "root", "parent_id": [-1, ""], "children": rows, "all_menu_ids": roots.ids}

    @staticmethod
    def _add_xmlids(menus, rows):
        xmlids = menus._get_menuitems_xmlids()
        for row in rows:
            row["xmlid"] = xmlids.get(row["id"], "")

    @api.model
    @ormcache("self.env.uid", "debug", "self.env.lang", shared=True)
    def load_menus(self, debug):
        """Every menu that the user sees, by id, plus 'root': children in order, the application each lies in."""
        blacklist = set(self._load_menus_blacklist())
        visible = self._visible_menu_ids(bool(debug)) - blacklist
        menus = self.with_context({"ir.ui.menu.full_list": True, "lang": self.env.lang}).search(
            [("id", "in", list(visible))]
        )
        rows = menus.read(["name", "sequence", "parent_id", "action", "web_icon"])
        xmlids = menus._get_menuitems_xmlids()
        by_id = {}
        for row in rows:
            parent = row["parent_id"] and row["parent_id"][0]
            by_id[row["id"]] = {
                **row,
                "parent_id": parent or False,
                "children": [],
                "app_id": False,
                "xmlid": xmlids.get(row["id"], ""),
            }
        roots = []
        for id_, row in by_id.items():
            parent = row["parent_id"]
            if not parent:
                roots.append(id_)
            elif parent in by_id:
                by_id[parent]["children"].append(id_)
        icons = self._root_icons(roots)
        for id_ in roots:
            by_id[id_].update(icons.get(id_, {"web_icon_data": False, "web_icon_data_mimetype": False}))
            self._set_app(by_id, id_, id_)
        by_id["root"] = {"id": "root", "name": "root", "parent_id": [-1, ""], "children": roots}
        return by_id

    @staticmethod
    def _set_app(by_id, id_, app_id):
        by_id[id_]["app_id"] = app_id
        for child in by_id[id_]["children"]:
            IrUiMenu._set_app(by_id, child, app_id)

    def _root_icons(self, root_ids):
        """Icon content and type of the menus at the top."""
        files = (
            self.env["ir.attachment"]
            .sudo()
            .search_read(
                [("res_model", "=", self._name), ("res_id", "in", root_ids), ("res_field", "=", "web_icon_data")],
                ["res_id", "datas", "mimetype"],
            )
        )
        return {
            file["res_id"]: {"web_icon_data": file["datas"], "web_icon_data_mimetype": file["mimetype"]}
            for file in files
        }

    def _get_menuitems_xmlids(self):
        rows = (
            self.env["ir.model.data"]
            .sudo()
            .search_fetch(
                [("res_id", "in", self.ids), ("model", "=", self._name)], ["res_id", "complete_name", "module", "name"]
            )
        )
        return {row.res_id: row.complete_name for row in rows}
