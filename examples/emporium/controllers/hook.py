"""Webhooks that are believed: signed with the secret in the parameter `emporium.hook_secret`."""

import time

from fondaco.addon import http
from fondaco.values import webhooks


class Door(http.Controller):
    @http.route("/emporium/hook", type="http", auth="public", methods=["POST"], csrf=False)
    def hook(self):
        secret = http.request.env["ir.config_parameter"].sudo().get_param("emporium.hook_secret") or ""
        body = http.request.httprequest.get_data()
        try:
            key = webhooks.verified(secret, http.request.httprequest.headers, body, time.time())
        except ValueError as error:
            return http.request.make_json_response({"error": str(error)}, status=401)
        events = http.request.env["emporium.event"].sudo()
        if not events.search_count([("key", "=", key)]):
            event = events.create({"key": key, "body": body.decode()})
            event.in_background(channel="shop")._apply()
        return http.request.make_json_response({"taken": key})
