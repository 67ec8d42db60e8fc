"""What does an action say: by id, external id or path; and running those that are code."""

from fondaco.addon import _, http
from fondaco.errors import AccessError, MissingError, UserError


class MissingActionError(UserError):
    """The action asked for does not exist."""


def clean_action(action, env):
    """An action as a client takes it: with its type, and the views of a window as pairs."""
    kind = action.setdefault("type", "ir.actions.act_window_close")
    if kind == "ir.actions.act_window" and not action.get("views"):
        _generate_views(action)
    return action


def _generate_views(action):
    """`views` from `view_mode` and `view_id`; the id belongs to the first."""
    view_id = action.get("view_id") or False
    if isinstance(view_id, list | tuple):
        view_id = view_id[0]
    modes = [mode.strip() for mode in (action.get("view_mode") or "list,form").split(",")]
    action["views"] = [(view_id if index == 0 else False, mode) for index, mode in enumerate(modes)]


class Action(http.Controller):
    @http.route("/web/action/load", type="json", auth="user", readonly=True)
    def load(self, action_id, context=None):
        request = http.request
        if context:
            request.update_context(**context)
        action = self._find(action_id)
        values = request.env[action.type].sudo().browse(action.id)._get_action_dict()
        return clean_action(values, env=request.env) if values else False

    def _find(self, action_id):
        """The row of `ir.actions.actions`; `MissingActionError` quotes what was asked for."""
        actions = http.request.env["ir.actions.actions"].sudo()
        missing = MissingActionError(_("The action “%s” does not exist.", action_id))
        if isinstance(action_id, int) or str(action_id).isdigit():
            found = actions.browse(int(action_id)).exists()
        elif "." in str(action_id):
            record = http.request.env.ref(action_id, raise_if_not_found=False)
            if record is not None and record and not record._name.startswith("ir.actions."):
                raise missing
            found = actions.browse(record.id).exists() if record else actions
        else:
            found = actions.search([("path", "=", action_id)], limit=1)
        if not found:
            raise missing
        return found

    @http.route("/web/action/run", type="json", auth="user")
    def run(self, action_id, context=None):
        """Run a server action; what it gives back is the next action."""
        request = http.request
        if context:
            request.update_context(**context)
        result = request.env["ir.actions.server"].browse([action_id]).run()
        return clean_action(result, env=request.env) if result else False

    @http.route("/web/action/load_breadcrumbs", type="json", auth="user", readonly=True)
    def load_breadcrumbs(self, actions):
        """The name of each step of an address; what can no longer be opened says so and the others stand."""
        return [self._breadcrumb(step) for step in actions]

    def _breadcrumb(self, step):
        request = http.request
        record_id = step.get("resId")
        try:
            if step.get("action"):
                if step["action"] == "menu":
                    return {"display_name": _("Home")}
                action = self._find(step["action"])
                values = request.env[action.type].sudo().browse(action.id)._get_action_dict()
                model = values.get("res_model")
                name = values.get("display_name") or values["name"]
            else:
                model, name = step.get("model"), None
                request.env[model].check_access("read")
            if record_id and record_id != "new":
                name = request.env[model].browse(int(record_id)).display_name
            elif record_id == "new":
                name = _("New")
            elif name is None:
                return {"display_name": None}
            return {"display_name": name}
        except (MissingActionError, MissingError, AccessError, KeyError) as error:
            return {"error": str(error)}
