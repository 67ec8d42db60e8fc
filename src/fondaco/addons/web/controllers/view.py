"""A user's own version of a view."""

import psycopg

from fondaco.addon import http


class View(http.Controller):
    @http.route("/web/view/edit_custom", type="json", auth="user")
    def edit_custom(self, custom_id, arch):
        """Keep the arch a user made of a view for himself."""
        custom = http.request.env["ir.ui.view.custom"].sudo().browse(custom_id)
        if custom.user_id != http.request.env.user:
            custom = custom.with_user(http.request.env.user)
        custom.write({"arch": arch})
        return {"result": True}

    @http.route("/web/domain/validate", type="json", auth="user")
    def validate(self, model, domain):
        """Whether the user can ask a domain of a model; what he may not see, he may not ask about either."""
        Model = http.request.env.get(model)  # noqa: N806
        if Model is None:
            raise ValueError(f"Invalid model: {model!r}")
        try:
            with http.request.env.cr.savepoint(flush=False):
                Model._search(domain, limit=1).get_result_ids()
        except (ValueError, TypeError, KeyError, AssertionError, IndexError, psycopg.DataError):
            return False
        return True
