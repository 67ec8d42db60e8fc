"""Questions about the bus that are not asked through it."""

import json

from werkzeug.exceptions import BadRequest

from fondaco.addon import http
from fondaco.http.current import request


class BusController(http.Controller):
    @http.route("/bus/get_model_definitions", methods=["POST"], type="http", auth="user")
    def get_model_definitions(self, model_names_to_fetch, **kwargs):
        try:
            names = json.loads(model_names_to_fetch)
            request.env["ir.model"].check_access("read")
            unknown = [name for name in names if name not in request.env]
        except (ValueError, TypeError) as error:
            raise BadRequest("model_names_to_fetch: expected a JSON list of model names") from error
        if unknown:
            raise BadRequest(f"model_names_to_fetch: there is no model {unknown[0]!r}")
        return request.make_response(
            json.dumps(request.env["ir.model"]._get_model_definitions(names), default=str),
            [("Content-Type", "application/json; charset=utf-8")],
        )

    @http.route("/bus/get_autovacuum_info", type="json", auth="public")
    def get_autovacuum_info(self):
        """When old notifications were swept away last and will be next."""
        job = request.env.ref("base.autovacuum_job").sudo()
        return {"lastcall": job.lastcall, "nextcall": job.nextcall}
