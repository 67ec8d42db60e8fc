"""What a server action does: run code, write or create a record, call a URL, or carry out other actions."""

from __future__ import annotations

import base64
import json
import logging
from functools import partial

from fondaco.addon import Command, _, api, fields, models
from fondaco.errors import AccessError, UserError, ValidationError
from fondaco.security.safe_eval import safe_eval, test_python_expr
from fondaco.security.sandbox import wrap_logger
from fondaco.values.floats import float_compare

from .webhook import SECRET, post_json

_logger = logging.getLogger(__name__)
DEFAULT_CODE = """# record, records: what the action was called on; model: their model; env: the way to all others.
# Also at hand: datetime, dateutil, time, timezone, float_compare, b64encode, b64decode, Command, UserError.
# log("some text") keeps a line in the log of the database. What is put into `action` opens next.
"""
# Type of the field to update -> field of the action that holds the new value; else it is written as text.
WIDGETS = {
    "many2one": "resource_ref",
    "one2many": "resource_ref",
    "many2many": "resource_ref",
    "selection": "selection_value",
    "boolean": "update_boolean_value",
}
COMMANDS = {
    "add": Command.link,
    "remove": Command.unlink,
    "set": lambda record_id: Command.set([record_id]),
    "clear": Command.clear,
}


class IrActionsServer(models.Model):
    _name = "ir.actions.server"
    _inherit = ["ir.actions.actions"]
    _description = "Server Actions"
    _table = "ir_act_server"
    _table_parent = "ir_actions"
    _order = "sequence,name"

    name = fields.Char(string="Action Name", required=True, translate=True)
    type = fields.Char(string="Action Type", required=True, default="ir.actions.server")
    usage = fields.Selection(
        selection=[
            ("ir_actions_server", "Server Action"),
            ("ir_cron", "Scheduled Action"),
        ],
        string="Usage",
        required=True,
        default="ir_actions_server",
    )
    state = fields.Selection(
        selection=[
            ("object_write", "Update Record"),
            ("object_create", "Create Record"),
            ("code", "Execute Code"),
            ("webhook", "Send Webhook Notification"),
            ("multi", "Execute Existing Actions"),
        ],
        string="Type",
        required=True,
        default="object_write",
    )
    sequence = fields.Integer(string="Sequence", default=5, aggregator=None)
    model_id = fields.Many2one("ir.model", string="Model", required=True, index=True, ondelete="cascade")
    available_model_ids = fields.Many2many(
        "ir.model",
        string="Available Models",
        compute="_compute_available_model_ids",
    )
    model_name = fields.Char(string="Model Name", related="model_id.model", store=True)
    code = fields.Text(string="Python Code", groups="base.group_system", default=DEFAULT_CODE)
    child_ids = fields.Many2many(
        "ir.actions.server",
        "rel_server_actions",
        "server_id",
        "action_id",
        string="Child Actions",
    )
    crud_model_id = fields.Many2one(
        "ir.model",
        string="Record to Create",
        compute="_compute_target",
        store=True,
        readonly=False,
    )
    crud_model_name = fields.Char(string="Target Model Name", related="crud_model_id.model")
    link_field_id = fields.Many2one(
        "ir.model.fields",
        string="Link Field",
        compute="_compute_link",
        store=True,
        readonly=False,
    )
    groups_id = fields.Many2many("res.groups", "ir_act_server_group_rel", "act_id", "gid", string="Allowed Groups")
    update_field_id = fields.Many2one(
        "ir.model.fields",
        string="Field to Update",
        compute="_compute_target",
        store=True,
        readonly=False,
        ondelete="cascade",
    )
    update_path = fields.Char(string="Field to Update Path", default=lambda self: self._first_thought())
    update_related_model_id = fields.Many2one(
        "ir.model",
        string="Update Related Model",
        compute="_compute_target",
        store=True,
    )
    update_field_type = fields.Selection(string="Field Type", related="update_field_id.ttype")
    update_m2m_operation = fields.Selection(
        selection=[
            ("add", "Adding"),
            ("remove", "Removing"),
            ("set", "Setting it to"),
            ("clear", "Clearing it"),
        ],
        string="Many2many Operations",
        default="add",
    )
    update_boolean_value = fields.Selection(
        selection=[
            ("true", "Yes (True)"),
            ("false", "No (False)"),
        ],
        string="Boolean Value",
        default="true",
    )
    value = fields.Text(string="Value")
    evaluation_type = fields.Selection(
        selection=[
            ("value", "Update"),
            ("equation", "Compute"),
        ],
        string="Value Type",
        default="value",
        change_default=True,
    )
    resource_ref = fields.Reference(selection="_selection_target_model", string="Record", inverse="_take_reference")
    selection_value = fields.Many2one(
        "ir.model.fields.selection",
        string="Custom Value",
        inverse="_take_choice",
        ondelete="cascade",
        domain='[("field_id", "=", update_field_id)]',
    )
    value_field_to_show = fields.Selection(
        selection=[
            ("value", "value"),
            ("resource_ref", "reference"),
            ("update_boolean_value", "update_boolean_value"),
            ("selection_value", "selection_value"),
        ],
        string="Value Field To Show",
        compute="_compute_value_field_to_show",
    )
    webhook_url = fields.Char(string="Webhook URL")
    webhook_field_ids = fields.Many2many(
        "ir.model.fields",
        "ir_act_server_webhook_field_rel",
        "server_id",
        "field_id",
        string="Webhook Fields",
    )
    webhook_sample_payload = fields.Text(string="Sample Payload", compute="_compute_webhook_sample_payload")

    _allow_sudo_commands = False

    @api.model
    def _first_thought(self):
        """The field that one thinks of first on the model in the context."""
        model = self.env.get(self.env["ir.model"].browse(self.env.context.get("default_model_id")).model or "")
        if model is None:
            return ""
        for name in ("stage_id", "state", "active"):
            if name in model._fields:
                return name
        return next((name for name, field in model._fields.items() if not field.readonly and field.store), "")

    @api.depends("state")
    def _compute_available_model_ids(self):
        allowed = self.env["ir.model"].search(
            [("model", "in", list(self.env["ir.model.access"]._get_allowed_models()))]
        )
        for action in self:
            action.available_model_ids = allowed

    @api.depends("model_id", "update_path", "state")
    def _compute_target(self):
        """Models and field that the action touches; what its kind does not need is emptied."""
        for action in self:
            target, field, related = self.env["ir.model"], self.env["ir.model.fields"], self.env["ir.model"]
            if action.model_id and action.state == "object_create":
                target = action.crud_model_id or action.model_id
            elif action.model_id and action.state == "object_write":
                target, (field, related) = action.model_id, action._end_of_path()
            action.update({"crud_model_id": target, "update_field_id": field, "update_related_model_id": related})

    def _end_of_path(self):
        """(row of the last field of `update_path`, row of the model it leads to); empty where the path breaks off."""
        models, rows = self.env["ir.model"], self.env["ir.model.fields"]
        field, at = rows, self.model_id
        for name in (self.update_path or "").split("."):
            field = rows._get(at.model, name) if at else rows
            at = models._get(field.relation) if field.relation else models
        return field, at

    @api.depends("model_id")
    def _compute_link(self):
        for action in self:
            if action.link_field_id.model_id != action.model_id:
                action.link_field_id = False

    @api.depends("evaluation_type", "update_field_id")
    def _compute_value_field_to_show(self):
        for action in self:
            action.value_field_to_show = WIDGETS.get(action.update_field_id.ttype, "value")

    @api.depends("state", "model_id", "webhook_field_ids", "name")
    def _compute_webhook_sample_payload(self):
        for action in self:
            if action.state != "webhook":
                action.webhook_sample_payload = False
                continue
            record = self.env[action.model_id.model].with_context(active_test=False).search([], limit=1)
            payload = {
                "_model": action.model_id.model,
                "_id": record.id or 1,
                "_action": f"{action.name}(#{action.id})",
            }
            for field in action.webhook_field_ids:
                payload[field.name] = record[field.name] if record and not field.relation else field.name
            action.webhook_sample_payload = json.dumps(payload, indent=4, sort_keys=True, default=str)

    @api.constrains("code")
    def _check_code_compiles(self):
        for action in self.sudo().filtered("code"):
            problem = test_python_expr(action.code.strip(), mode="exec")
            if problem:
                raise ValidationError(problem)

    @api.constrains("update_path", "model_id", "state")
    def _check_path(self):
        for action in self.sudo().filtered(lambda action: action.state == "object_write" and action.update_path):
            if action.model_id and not action._end_of_path()[0]:
                raise ValidationError(
                    f"update_path {action.update_path!r} leads to no field of {action.model_id.model}; "
                    "expected names of fields with dots between them"
                )

    @api.constrains("child_ids")
    def _check_not_within_itself(self):
        if self._has_cycle("child_ids"):
            raise ValidationError(_("A server action cannot contain itself."))

    @api.model
    def _selection_target_model(self):
        return [(model.model, model.name) for model in self.env["ir.model"].sudo().search([])]

    def _take_reference(self):
        for action in self:
            if action.value_field_to_show == "resource_ref" and action.resource_ref:
                action.value = str(action.resource_ref.id)

    def _take_choice(self):
        for action in self:
            if action.value_field_to_show == "selection_value" and action.selection_value:
                action.value = action.selection_value.value

    @api.onchange("model_id")
    def _onchange_model_id(self):
        self.update_path = False

    def _get_readable_fields(self):
        return super()._get_readable_fields() | {"groups_id", "model_name"}

    def create_action(self):
        """Offer the action in the menus of its model."""
        for action in self:
            action.write({"binding_model_id": action.model_id.id, "binding_type": "action"})
        return True

    def unlink_action(self):
        """Stop offering the action in the menus of its model."""
        self.check_access("write")
        self.filtered("binding_model_id").write({"binding_model_id": False})
        return True

    # -- running --------------------------------------------------------------------------------------------------

    @api.model
    def _get_eval_context(self, action=None):
        """Names that the code of a server action may use."""
        context = super()._get_eval_context(action=action)
        model = self.env[action.model_id.sudo().model]
        record = records = None
        active_model = self.env.context.get("active_model")
        if active_model == model._name and self.env.context.get("active_id"):
            record = model.browse(self.env.context["active_id"])
        if active_model == model._name and self.env.context.get("active_ids"):
            records = model.browse(self.env.context["active_ids"])
        if self.env.context.get("onchange_self"):
            record = self.env.context["onchange_self"]
        context.update(
            {
                "env": self.env,
                "model": model,
                "UserError": UserError,
                "Warning": UserError,
                "record": record,
                "records": records,
                "log": partial(self._log, action),
                "_logger": wrap_logger(_logger),
                "float_compare": float_compare,
                "b64encode": base64.b64encode,
                "b64decode": base64.b64decode,
                "Command": Command,
                **self.env["ir.actions.actions"]._eval_libraries(),
            }
        )
        return context

    @api.model
    def _log(self, action, message, level="info"):
        """Write a line to ir.logging, from the code of an action."""
        self.env["ir.logging"].sudo().create(
            {
                "name": __name__,
                "type": "server",
                "dbname": self.env.cr.dbname,
                "level": level,
                "message": str(message),
                "path": "action",
                "line": str(action.id),
                "func": action.name,
            }
        )

    def _get_runner(self):
        """Name of the method that carries out this kind, and whether it takes all records at once."""
        for name, multi in (
            (f"_run_action_{self.state}_multi", True),
            (f"_run_action_{self.state}", self.state == "multi"),
        ):
            if hasattr(type(self), name):
                return name, multi
        return None, False

    def _run_action_code_multi(self, eval_context):
        namespace = dict(eval_context)
        safe_eval(self.code.strip(), namespace, mode="exec", nocopy=True)
        return namespace.get("action")

    def _run_action_multi(self, eval_context=None):
        result = False
        for child in self.child_ids.sorted():
            result = child.run() or result
        return result

    def _run_action_object_write(self, eval_context=None):
        values = self._eval_value(eval_context=eval_context)[self.id]
        target = self.env.context.get("onchange_self")
        record = (
            target if target is not None else self.env[self.model_id.model].browse(self.env.context.get("active_id"))
        )
        *path, name = self.update_path.split(".")
        for step in path:
            record = record[step]
        if target is not None:
            record[name] = values
        else:
            record.write({name: values})

    def _run_action_object_create(self, eval_context=None):
        record_id, _name = self.env[self.crud_model_id.model].name_create(self.value)
        if self.link_field_id:
            record = self.env[self.model_id.model].browse(self.env.context.get("active_id"))
            value = [Command.link(record_id)] if self.link_field_id.ttype in ("one2many", "many2many") else record_id
            record.write({self.link_field_id.name: value})

    def _run_action_webhook(self, eval_context=None):
        record = self.env[self.model_id.model].browse(self.env.context.get("active_id"))
        if not self.webhook_url:
            raise UserError(_("Give the address that the webhook calls."))
        payload = {"_model": record._name, "_id": record.id, "_action": f"{self.name}(#{self.id})"}
        names = self.webhook_field_ids.mapped("name")
        if names:
            payload.update(record.read(names, load=None)[0])
        body = json.dumps(payload, sort_keys=True, default=str)
        self.browse().outside(channel="webhook")._call_webhook(self.webhook_url, body)

    def _call_webhook(self, url, body):
        networks = self.env.registry.config["webhook_networks"]
        secret = self.env["ir.config_parameter"].sudo().get_param(SECRET) or ""
        return partial(post_json, url, body, self.env.context["job_key"], networks, secret)

    def _eval_value(self, eval_context=None):
        """What each action writes: action id -> value."""
        return {action.id: action._value_to_write(eval_context) for action in self}

    def _value_to_write(self, eval_context):
        if self.evaluation_type == "equation":
            return safe_eval(self.value, eval_context)
        kind = self.update_field_id.ttype
        if kind == "boolean":
            return self.update_boolean_value == "true"
        if kind in ("one2many", "many2many"):
            command = COMMANDS[self.update_m2m_operation]
            return [command(int(self.value)) if self.update_m2m_operation != "clear" else command()]
        if kind == "many2one":
            return int(self.value or 0) or False
        return {"integer": int, "float": float}[kind](self.value or 0) if kind in ("integer", "float") else self.value

    def run(self):
        """Carry out the actions on what the context names (`active_id`, `active_ids`); answers what to open next."""
        result = False
        for action in self.sudo():
            self._check_may_run(action)
            eval_context = self._get_eval_context(action)
            runner, multi = action._get_runner()
            if runner is None:
                _logger.warning("server action of an unknown kind id=%s state=%s", action.id, action.state)
                continue
            unprivileged = action.with_env(self.env)
            if multi:
                result = getattr(unprivileged.sudo(), runner)(eval_context=eval_context)
                continue
            active_id = self.env.context.get("active_id")
            active_ids = self.env.context.get("active_ids", [active_id] if active_id else [])
            for one in active_ids:
                one_by_one = unprivileged.with_context(active_ids=[one], active_id=one)
                eval_context["env"] = one_by_one.env
                eval_context["record"] = eval_context["records"] = eval_context["model"].browse(one)
                result = getattr(one_by_one, runner)(eval_context=eval_context)
        return result or False

    def _check_may_run(self, action):
        """Refuse users outside the action's groups; without groups, those who may not write on its model."""
        groups = action.groups_id
        if groups:
            if not (groups & self.env.user.groups_id):
                raise AccessError(_("You may not run this action."))
            return
        model = action.model_id.model
        try:
            self.env[model].check_access("write")
        except AccessError:
            _logger.warning("server action refused action=%s uid=%s model=%s", action.id, self.env.uid, model)
            raise
        active = self.env[model].browse(self.env.context.get("active_ids") or self.env.context.get("active_id") or [])
        if self.env.context.get("active_model") == model and active.ids:
            active.check_access("write")

    @api.model
    def _run_field_code(self, code, records):
        """Compute a custom field: run its code with the records as `self`."""
        namespace = {"self": records, **self.env["ir.actions.actions"]._eval_libraries()}
        safe_eval(code, namespace, mode="exec", nocopy=True)
