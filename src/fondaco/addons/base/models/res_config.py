"""How settings are shown on one page and carried out: defaults, groups, modules, parameters."""

from __future__ import annotations

import logging
import re

from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessError, RedirectWarning, UserError

_logger = logging.getLogger(__name__)


COMING = ("installed", "to install", "to upgrade")  # states of modules that are, or will be, there


class ResConfigConfigurable(models.TransientModel):
    _name = "res.config"
    _description = "Config"

    def start(self):
        """Begin with the first open to-do."""
        return self.next()

    def next(self):
        """Open the next to-do, else load the client anew."""
        todo = self.env["ir.actions.todo"].search([("state", "=", "open")], limit=1)
        if todo:
            return todo.action_launch()
        return {"type": "ir.actions.client", "tag": "reload"}

    def execute(self):
        raise NotImplementedError(f"{self._name}: a configuration wizard says in `execute` what it does")

    def cancel(self):
        """Hook: nothing was chosen."""

    def action_next(self):
        return self.execute() or self.next()

    def action_skip(self):
        return self.cancel() or self.next()

    def action_cancel(self):
        return self.cancel() or self.next()


class ResConfigSettings(models.TransientModel):
    _name = "res.config.settings"
    _description = "Config Settings"

    def _valid_field_parameter(self, field, name):
        return (
            (name == "default_model" and field.name.startswith("default_"))
            or name
            in (
                "implied_group",
                "group",
                "config_parameter",
            )
            or super()._valid_field_parameter(field, name)
        )

    def copy(self, default=None):
        raise UserError(_("Settings cannot be copied."))

    def onchange_module(self, field_value, module_name):
        """Say what a module that is switched off takes along."""
        module = self.env["ir.module.module"].sudo()._get(module_name.replace("module_", ""))
        if not int(field_value) and module.state in ("to install", "installed", "to upgrade"):
            dependents = module.downstream_dependencies()
            names = "\n".join((dependents | module).mapped("shortdesc"))
            return {
                "warning": {
                    "title": _("More would go"),
                    "message": _("Without this option these modules go as well:\n%s", names),
                }
            }
        return {}

    @api.model
    def _get_classified_fields(self, fnames=None):
        """The fields by what setting them does: default, group, module, config, other."""
        result = {"default": [], "group": [], "module": [], "config": [], "other": []}
        modules = self.env["ir.module.module"].sudo()
        for name, field in self._fields.items():
            if fnames is not None and name not in fnames:
                continue
            if name.startswith("default_"):
                if not hasattr(field, "default_model"):
                    raise TypeError(f"{self._name}.{name}: a field default_* needs the attribute 'default_model'")
                result["default"].append((name, field.default_model, name[8:]))
            elif name.startswith("group_"):
                if field.type not in ("boolean", "selection"):
                    raise TypeError(f"{self._name}.{name}: a field group_* is a boolean or a selection")
                if not hasattr(field, "implied_group"):
                    raise TypeError(f"{self._name}.{name}: a field group_* needs the attribute 'implied_group'")
                groups = getattr(field, "group", None) or "base.group_user"
                ids = [self.env.ref(xmlid) for xmlid in groups.split(",")]
                users = self.env["res.groups"].union(*ids)
                result["group"].append((name, users, self.env.ref(field.implied_group)))
            elif name.startswith("module_"):
                if field.type not in ("boolean", "selection"):
                    raise TypeError(f"{self._name}.{name}: a field module_* is a boolean or a selection")
                result["module"].append((name, modules._get(name[7:])))
            elif getattr(field, "config_parameter", None):
                if field.type not in ("boolean", "integer", "float", "char", "selection", "many2one", "datetime"):
                    raise TypeError(f"{self._name}.{name}: a field of type {field.type} cannot be a parameter")
                result["config"].append((name, field.config_parameter))
            else:
                result["other"].append(name)
        return result

    def _require_admin(self):
        """What is asked and done below is so as superuser: this is the door, from outside too."""
        if not (self.env.su or self.env.is_admin()):
            raise AccessError(_("Only administrators may see and change settings."))

    def get_values(self):
        """Hook: values of the fields that nothing else knows."""
        self._require_admin()
        return {}

    @api.model
    def default_get(self, fields):
        self._require_admin()
        result = super().default_get(fields)
        if not fields:
            return result
        defaults, config = self.env["ir.default"], self.env["ir.config_parameter"].sudo()
        classified = self._get_classified_fields(fields)
        result |= {
            name: value
            for name, model, field in classified["default"]
            if (value := defaults._get(model, field)) is not None
        }
        switches = {name: implied in groups.implied_ids for name, groups, implied in classified["group"]}
        switches |= {name: module.state in COMING for name, module in classified["module"]}
        for name, is_on in switches.items():
            result[name] = str(int(is_on)) if self._fields[name].type == "selection" else is_on
        for name, key in classified["config"]:
            value = config.get_param(key, self._fields[name].default(self) if self._fields[name].default else False)
            result[name] = self._from_parameter(self._fields[name], value)
        result.update({name: value for name, value in self.get_values().items() if name in fields})
        return result

    def _from_parameter(self, field, value):
        """A parameter's text as the value of a field."""
        if value is False:
            return value
        if field.type == "many2one":
            id_ = int(value) if str(value).isdigit() else 0
            return self.env[field.comodel_name].browse(id_).exists().id if id_ else False
        convert = {"integer": int, "float": float}.get(field.type)
        if convert is not None:
            try:
                return convert(value)
            except ValueError:
                _logger.warning("parameter is no number field=%s value=%r", field, value)
                return convert(0)
        if field.type == "boolean":
            return str(value).lower() not in ("false", "0", "")
        return value

    def set_values(self):
        """Make the settings hold: defaults, groups, parameters; hook for the rest."""
        self._require_admin()
        self = self.with_context(active_test=False)
        classified = self._get_classified_fields()
        names = [item if isinstance(item, str) else item[0] for items in classified.values() for item in items]
        current = self.default_get(names)
        self._keep_defaults(classified["default"], current)
        # what is switched off goes first: a group may be implied by another one that is switched on
        self._keep_groups(sorted(classified["group"], key=lambda item: bool(int(self[item[0]] or 0))), current)
        self._keep_parameters(classified["config"], current)

    def _keep_defaults(self, items, current):
        defaults = self.env["ir.default"].sudo()
        for name, model, field_name in items:
            value = self[name]
            if self._fields[name].relational:
                value = value.id if self._fields[name].type == "many2one" else value.ids
            if name not in current or current[name] != value:
                defaults.set(model, field_name, value)

    def _keep_groups(self, items, current):
        for name, groups, implied in items:
            if self[name] != current[name]:
                change = groups.sudo()._apply_group if int(self[name] or 0) else groups.sudo()._remove_group
                change(implied.sudo())

    def _keep_parameters(self, items, current):
        config = self.env["ir.config_parameter"].sudo()
        for name, key in items:
            text = self._as_parameter(name)
            before = current.get(name)
            is_same = (
                before == self[name] if isinstance(text, str) and self._fields[name].type != "char" else before == text
            )
            if not is_same:
                config.set_param(key, text)

    def _as_parameter(self, name):
        """The value of a setting as a parameter holds it; False deletes the parameter."""
        field, value = self._fields[name], self[name]
        if field.type == "char":
            return (value or "").strip() or False
        if field.type in ("integer", "float"):
            return repr(value) if value else False
        if field.type == "many2one":
            return value.id
        return fields.Datetime.to_string(value) if field.type == "datetime" and value else value

    def execute(self):
        """Carry the settings out: values, then modules; the client is loaded anew."""
        self.ensure_one()
        self._require_admin()
        self = self.with_context(active_test=False)
        classified = self._get_classified_fields()
        self.set_values()
        modules = self.env["ir.module.module"].sudo()
        to_install, to_remove = modules.browse(), modules.browse()
        for name, module in classified["module"]:
            chosen = int(self[name] or 0)
            if chosen and module.state in ("uninstalled", "to install", "to upgrade"):
                to_install |= module
            elif not chosen and module and module.state in ("installed", "to upgrade"):
                to_remove |= module
        if to_install or to_remove:
            self.env.flush_all()
        if to_remove:
            return {
                "type": "ir.actions.act_window",
                "target": "new",
                "name": _("Uninstall modules"),
                "view_mode": "form",
                "res_model": "base.module.uninstall",
                "context": {"default_module_id": to_remove[0].id},
            }
        if to_install:
            to_install.button_immediate_install()
            return {"type": "ir.actions.client", "tag": "reload"}
        action = self.env["res.config"].next() or {}
        if action.get("type") not in ("ir.actions.act_window_close",):
            return action
        return {"type": "ir.actions.client", "tag": "reload"}

    def cancel(self):
        """Open the settings as they are."""
        actions = self.env["ir.actions.act_window"].sudo().search([("res_model", "=", self._name)], limit=1)
        return actions.read()[0] if actions else {}

    @api.depends()
    def _compute_display_name(self):
        """Name of the action that shows these settings."""
        action = self.env["ir.actions.act_window"].search([("res_model", "=", self._name)], limit=1)
        self.display_name = action.name or self._name

    @api.model
    def get_option_path(self, menu_xml_id):
        """(full name of a menu, id of what it opens)."""
        menu = self.env.ref(menu_xml_id)
        return menu.complete_name, menu.action.id

    @api.model
    def get_option_name(self, full_field_name):
        """Label of a setting 'model.field'."""
        model, _dot, name = full_field_name.rpartition(".")
        return self.env[model].fields_get([name])[name]["string"]

    @api.model
    def get_config_warning(self, msg):
        """A warning whose '%(field:model.name)s' and '%(menu:xmlid)s' are filled, with a button that leads there."""
        action_id, values = None, {}
        for place in re.findall(r"%\(([a-z_]+:[\w.]+)\)s", msg):
            kind, name = place.split(":")
            if kind == "menu":
                values[place], action_id = self.get_option_path(name)
            elif kind == "field":
                values[place] = self.get_option_name(name)
        if action_id:
            return RedirectWarning(msg % values, action_id, _("Open the settings"))
        return UserError(msg % values)

    @api.model_create_multi
    def create(self, vals_list):
        """Related fields whose value does not change are left out: writing them needs rights and time."""
        return super().create([self._without_unchanged(vals) for vals in vals_list])

    def _without_unchanged(self, vals):
        """The values less those of related fields that hold already."""
        return {name: value for name, value in vals.items() if not self._holds_already(name, value, vals)}

    def _holds_already(self, name, value, vals):
        field = self._fields.get(name)
        if field is None or not field.related or field.type in ("one2many", "many2many"):
            return False
        head, *rest = field.related.split(".") if isinstance(field.related, str) else field.related
        source = self._fields[head]
        source_id = source.type == "many2one" and (vals.get(head) or self.default_get([head]).get(head))
        if not source_id or not rest:
            return False
        at = self.env[source.comodel_name].browse(source_id)
        for step in rest:
            at = at[step]
        return (at.id if field.type == "many2one" else at) == value

    def action_open_template_user(self):
        """Show the user whose groups new users get."""
        action = self.env["ir.actions.actions"]._for_xml_id("base.action_res_users")
        action["res_id"] = self.env.ref("base.default_user").id
        action["views"] = [[self.env.ref("base.view_users_form").id, "form"]]
        return action
