"""What a button, a menu or a link opens: the actions a client carries out, one table a kind."""

from __future__ import annotations

from collections import defaultdict

import pytz

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError, ValidationError
from fondaco.i18n.terms import html_translate
from fondaco.registry.ormcache import ormcache
from fondaco.security.safe_eval import safe_eval
from fondaco.security.sandbox import MODULES
from fondaco.sql.fragment import SQL

READABLE = frozenset(
    {
        "binding_model_id",
        "binding_type",
        "binding_view_types",
        "display_name",
        "help",
        "id",
        "name",
        "type",
        "xml_id",
        "path",
    }
)
# Kinds of views that an action names; public addons import the list.
VIEW_TYPES = [
    ("list", "List"),
    ("form", "Form"),
    ("graph", "Graph"),
    ("pivot", "Pivot"),
    ("calendar", "Calendar"),
    ("kanban", "Kanban"),
]
# Values of a binding that only decide whether it is shown.
HIDDEN = frozenset({"groups_id", "res_model", "model", "type"})


class IrActions(models.Model):
    _name = "ir.actions.actions"
    _description = "Actions"
    _table = "ir_actions"
    _order = "name"
    _sql_constraints = [
        ("path_unique", "unique(path)", "Another action has this path: choose another one."),
    ]

    name = fields.Char(string="Action Name", required=True, translate=True)
    type = fields.Char(string="Action Type", required=True)
    xml_id = fields.Char(string="External ID", compute="_compute_xml_id")
    path = fields.Char(string="Path to show in the URL")
    help = fields.Html(string="Action Description", translate=html_translate)
    binding_model_id = fields.Many2one("ir.model", string="Binding Model", ondelete="cascade")
    binding_type = fields.Selection(
        selection=[
            ("action", "Action"),
            ("report", "Report"),
        ],
        string="Binding Type",
        required=True,
        default="action",
    )
    binding_view_types = fields.Char(string="Binding View Types", default="list,form")

    _allow_sudo_commands = False

    def _compute_xml_id(self):
        xmlids = self.get_external_id()
        for action in self:
            action.xml_id = xmlids.get(action.id)

    @api.constrains("path")
    def _check_path(self):
        for action in self:
            path = action.path
            if not path:
                continue
            if not (path[0].isalpha() and path.replace("-", "").replace("_", "").isalnum() and path == path.lower()):
                raise ValidationError(
                    _("A path starts with a letter and has lowercase letters, digits, dashes and underscores.")
                )
            if path.startswith(("m-", "action-")) or path == "new":
                raise ValidationError(_("“%s” is reserved: choose another path.", path))
            taken = self.env.execute_query(
                SQL("SELECT 1 FROM ir_actions WHERE path = %s AND id <> %s LIMIT 1", path, action.id)
            )
            if taken:
                raise ValidationError(_("Another action has this path: choose another one."))

    @api.model_create_multi
    def create(self, vals_list):
        actions = super().create(vals_list)
        self.env.registry.clear_cache()
        return actions

    def write(self, vals):
        done = super().write(vals)
        self.env.registry.clear_cache()
        return done

    def unlink(self):
        """Delete, with the to-dos that open them and the users' home actions that point at them."""
        todos = self.env["ir.actions.todo"].sudo().search([("action_id", "in", self.ids)])
        todos.unlink()
        self.env["ir.filters"].sudo().with_context(active_test=False).search([("action_id", "in", self.ids)]).unlink()
        done = super().unlink()
        self.env.registry.clear_cache()
        return done

    @api.ondelete(at_uninstall=True)
    def _forget_as_start(self):
        self.env["res.users"].with_context(active_test=False).search([("action_id", "in", self.ids)]).sudo().write(
            {"action_id": None}
        )

    @api.model
    def _get_eval_context(self, action=None):
        """Names that code and expressions of actions may use."""
        return {
            "uid": self.env.uid,
            "user": self.env.user,
            "time": MODULES["time"],
            "datetime": MODULES["datetime"],
        }

    @api.model
    def _eval_libraries(self):
        """Libraries that code kept in the database may use."""
        return {**{name: MODULES[name] for name in ("time", "datetime", "dateutil")}, "timezone": pytz.timezone}

    @api.model
    def get_bindings(self, model_name):
        """The actions bound to a model that the user may see, by kind: what the client puts in its menus."""
        allowed = self.env["ir.model.access"]._get_allowed_models()
        result = {}
        for kind, actions in self._get_bindings(model_name).items():
            shown = [
                {name: value for name, value in action.items() if name not in HIDDEN}
                for action in actions
                if self._user_may_use(action, allowed)
            ]
            if shown:
                result[kind] = shown
        return result

    def _user_may_use(self, action, allowed):
        if action.get("groups_id") and not any(self.env.user.has_group(group) for group in action["groups_id"]):
            return False
        model = action.get("res_model") or (action.get("model") if action["type"] == "ir.actions.report" else None)
        return not model or self.env.su or model in allowed

    @ormcache("model_name", "self.env.lang")
    def _get_bindings(self, model_name):
        self.env.flush_all()  # the rows of every kind of action are read, whichever was just bound
        rows = self.env.execute_query(
            SQL(
                "SELECT a.id, a.type, a.binding_type FROM ir_actions a JOIN ir_model m ON a.binding_model_id = m.id"
                " WHERE m.model = %s ORDER BY a.id",
                model_name,
            )
        )
        result = defaultdict(list)
        for action_id, kind, binding_type in rows:
            if kind not in self.env:
                continue
            action = self.env[kind].sudo().browse(action_id)
            names = ["name", "binding_view_types"]
            names += [name for name in ("groups_id", "res_model", "sequence", "domain") if name in action._fields]
            values = action.read(names)[0]
            values["groups_id"] = values.get("groups_id") and list(
                self.env["res.groups"].browse(values["groups_id"]).get_external_id().values()
            )
            if kind == "ir.actions.report":
                values["model"] = action.model
            else:
                values.pop("domain", None)
            values["type"] = kind
            result[binding_type].append(values)
        if "action" in result:
            result["action"].sort(key=lambda values: values.get("sequence", 0))
        return dict(result)

    @api.model
    def _for_xml_id(self, full_xml_id):
        """Values of the action of an external id, as a client may read them."""
        record = self.env.ref(full_xml_id)
        if not isinstance(record, type(self.env[record._name])) or "ir.actions" not in record._name:
            raise ValidationError(_("“%s” does not name an action.", full_xml_id))
        return record._get_action_dict()

    def _get_action_dict(self):
        """Values of this action, as a client may read them."""
        self.ensure_one()
        readable = self._get_readable_fields()
        return {name: value for name, value in self.sudo().read()[0].items() if name in readable}

    def _get_readable_fields(self):
        """Names of the fields that a client may read of an action."""
        return set(READABLE)


class IrActionsActWindow(models.Model):
    _name = "ir.actions.act_window"
    _inherit = ["ir.actions.actions"]
    _description = "Action Window"
    _table = "ir_act_window"
    _table_parent = "ir_actions"
    _order = "name"

    type = fields.Char(string="Action Type", required=True, default="ir.actions.act_window")
    view_id = fields.Many2one("ir.ui.view", string="View Ref.")
    domain = fields.Char(string="Domain Value")
    context = fields.Char(string="Context Value", required=True, default={})
    res_id = fields.Integer(string="Record ID")
    res_model = fields.Char(string="Destination Model", required=True)
    target = fields.Selection(
        selection=[
            ("current", "Current Window"),
            ("new", "New Window"),
            ("inline", "Inline Edit"),
            ("fullscreen", "Full Screen"),
            ("main", "Main action of Current Window"),
        ],
        string="Target Window",
        default="current",
    )
    view_mode = fields.Char(string="View Mode", required=True, default="list,form")
    mobile_view_mode = fields.Char(string="Mobile View Mode", default="kanban")
    usage = fields.Char(string="Action Usage")
    view_ids = fields.One2many("ir.actions.act_window.view", "act_window_id", string="No of Views")
    views = fields.Binary(string="Views", compute="_compute_views")
    limit = fields.Integer(string="Limit", default=80)
    groups_id = fields.Many2many("res.groups", "ir_act_window_group_rel", "act_id", "gid", string="Groups")
    search_view_id = fields.Many2one("ir.ui.view", string="Search View Ref.")
    embedded_action_ids = fields.One2many(
        "ir.embedded.actions",
        string="Embedded Action",
        compute="_compute_embedded_actions",
    )
    filter = fields.Boolean(string="Filter")

    @api.constrains("res_model", "binding_model_id")
    def _check_model(self):
        for action in self:
            if action.res_model not in self.env:
                raise ValidationError(_("The action names the model “%s”, which does not exist.", action.res_model))
            if action.binding_model_id and action.binding_model_id.model not in self.env:
                raise ValidationError(
                    _("The action names the model “%s”, which does not exist.", action.binding_model_id.model)
                )

    @api.constrains("view_mode")
    def _check_view_mode(self):
        for action in self:
            modes = action.view_mode.split(",")
            if len(modes) != len(set(modes)):
                raise ValidationError(_("A kind of view is named twice: %s", modes))
            if " " in modes:
                raise ValidationError(_("The kinds of views are separated by commas alone: %s", modes))

    @api.depends("view_ids.view_mode", "view_mode", "view_id.type")
    def _compute_views(self):
        for action in self:
            views = [(view.view_id.id, view.view_mode) for view in action.view_ids]
            got = {mode for _id, mode in views}
            missing = [mode for mode in action.view_mode.split(",") if mode not in got]
            if action.view_id.type in missing:
                missing.remove(action.view_id.type)
                views.append((action.view_id.id, action.view_id.type))
            action.views = views + [(False, mode) for mode in missing]

    @api.depends()
    def _compute_embedded_actions(self):
        rows = self.env["ir.embedded.actions"].search([("parent_action_id", "in", self.ids)]).filtered("is_visible")
        for action in self:
            action.embedded_action_ids = rows.filtered(lambda row, action=action: row.parent_action_id == action)

    def read(self, fields=None, load="_classic_read"):
        """As usual; the help is what the model says about an empty list."""
        rows = super().read(fields, load=load)
        if not fields or "help" in fields:
            for row in rows:
                model = row.get("res_model")
                if model in self.env:
                    context = self.env.context
                    row["help"] = (
                        self.with_context(**context).env[model].get_empty_list_help(row.get("help") or "") or False
                    )
        return rows

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        for vals in vals_list:
            if not vals.get("name") and vals.get("res_model"):
                vals["name"] = self.env[vals["res_model"]]._description
        return super().create(vals_list)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def exists(self):
        alive = self._existing()
        existing = self.filtered(lambda action: action.id in alive)
        if len(existing) < len(self):
            existing._prefetch_ids = existing._ids
        return existing

    @ormcache()
    def _existing(self):
        return frozenset(
            id_ for (id_,) in self.env.execute_query(SQL("SELECT id FROM %s", SQL.identifier(self._table)))
        )

    def _get_readable_fields(self):
        return super()._get_readable_fields() | {
            "context",
            "mobile_view_mode",
            "domain",
            "filter",
            "groups_id",
            "limit",
            "res_id",
            "res_model",
            "search_view_id",
            "target",
            "view_id",
            "view_mode",
            "views",
            "embedded_action_ids",
            # of a dialog built by code: not fields, but understood by clients
            "flags",
        }

    def _get_action_dict(self):
        values = super()._get_action_dict()
        if values.get("embedded_action_ids"):
            rows = self.env["ir.embedded.actions"].browse(values["embedded_action_ids"])
            values["embedded_action_ids"] = rows.read()
        return values


class IrActionsActWindowView(models.Model):
    _name = "ir.actions.act_window.view"
    _description = "Action Window View"
    _table = "ir_act_window_view"
    _order = "sequence,id"
    _rec_name = "view_id"

    sequence = fields.Integer(string="Sequence", aggregator=None)
    view_id = fields.Many2one("ir.ui.view", string="View")
    view_mode = fields.Selection(
        selection=VIEW_TYPES,
        string="View Type",
        required=True,
    )
    act_window_id = fields.Many2one("ir.actions.act_window", string="Action", ondelete="cascade")
    multi = fields.Boolean(string="On Multiple Doc.")

    def init(self):
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS act_window_view_unique_mode_per_action"
            " ON ir_act_window_view (act_window_id, view_mode)"
        )


class IrActionsActWindowclose(models.Model):
    _name = "ir.actions.act_window_close"
    _inherit = ["ir.actions.actions"]
    _description = "Action Window Close"
    _table = "ir_actions"

    type = fields.Char(string="Action Type", required=True, default="ir.actions.act_window_close")

    def _get_readable_fields(self):
        return super()._get_readable_fields() | {"effect", "infos"}


class IrActionsActUrl(models.Model):
    _name = "ir.actions.act_url"
    _inherit = ["ir.actions.actions"]
    _description = "Action URL"
    _table = "ir_act_url"
    _table_parent = "ir_actions"
    _order = "name"

    type = fields.Char(string="Action Type", required=True, default="ir.actions.act_url")
    url = fields.Text(string="Action URL", required=True)
    target = fields.Selection(
        selection=[
            ("new", "New Window"),
            ("self", "This Window"),
            ("download", "Download"),
        ],
        string="Action Target",
        required=True,
        default="new",
    )

    def _get_readable_fields(self):
        return super()._get_readable_fields() | {"target", "url", "close"}


class IrActionsActClient(models.Model):
    _name = "ir.actions.client"
    _inherit = ["ir.actions.actions"]
    _description = "Client Action"
    _table = "ir_act_client"
    _table_parent = "ir_actions"
    _order = "name"

    type = fields.Char(string="Action Type", required=True, default="ir.actions.client")
    tag = fields.Char(string="Client action tag", required=True)
    target = fields.Selection(
        selection=[
            ("current", "Current Window"),
            ("new", "New Window"),
            ("fullscreen", "Full Screen"),
            ("main", "Main action of Current Window"),
        ],
        string="Target Window",
        default="current",
    )
    res_model = fields.Char(string="Destination Model")
    context = fields.Char(string="Context Value", required=True, default="{}")
    params = fields.Binary(string="Supplementary arguments", compute="_compute_params", inverse="_inverse_params")
    params_store = fields.Binary(string="Params storage", readonly=True, attachment=False)

    @api.depends("params_store")
    def _compute_params(self):
        for action in self.with_context(bin_size=False):
            action.params = action.params_store and safe_eval(
                action.params_store.decode() if isinstance(action.params_store, bytes) else action.params_store,
                {"uid": self.env.uid},
            )

    def _inverse_params(self):
        for action in self:
            action.params_store = repr(action.params) if isinstance(action.params, dict) else action.params

    def _get_default_form_view(self):
        """A form to edit the parameters of a client action, for those whose view is made up."""
        raise UserError(_("Client actions have no form of their own."))

    def _get_readable_fields(self):
        return super()._get_readable_fields() | {"context", "params", "res_model", "tag", "target"}


def __getattr__(name):
    """Addons import the class of server actions from here."""
    if name == "IrActionsServer":
        from .ir_actions_server import IrActionsServer  # noqa: PLC0415 - it builds on this module

        return IrActionsServer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
