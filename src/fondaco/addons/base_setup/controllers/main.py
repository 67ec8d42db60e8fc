"""Figures of the page of general settings."""

from fondaco.addon import _, http
from fondaco.errors import AccessError

SHOWN = 10
"""Invited users who are named; the others are counted."""


class BaseSetup(http.Controller):
    @http.route("/base_setup/data", type="json", auth="user")
    def base_setup_data(self, **kw):
        """How many users work here, and who was invited and has not come yet."""
        env = http.request.env
        if not env.user.has_group("base.group_erp_manager"):
            raise AccessError(_("Only administrators see who has access."))
        users = env["res.users"].sudo()
        pending = users.search([("share", "=", False), ("log_ids", "=", False)], order="id desc")
        return {
            "active_users": users.search_count([("share", "=", False)]),
            "pending_count": len(pending),
            "pending_users": [[user.id, user.login] for user in pending[:SHOWN]],
            "action_pending_users": {
                "type": "ir.actions.act_window",
                "res_model": "res.users",
                "context": {"create": False},
                "view_mode": "form",
                "views": [[env.ref("base.view_users_form").id, "form"]],
                "res_id": False,
            },
        }

    @http.route("/base_setup/demo_active", type="json", auth="user")
    def base_setup_is_demo(self, **kwargs):
        """Whether a module was installed with its demonstration data."""
        return bool(http.request.env["ir.module.module"].sudo().search_count([("demo", "=", True)]))
