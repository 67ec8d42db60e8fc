"""Profiling of one's own session, switched by an address; and the profiles kept."""

import json

from fondaco.addon import http


class Profiling(http.Controller):
    @http.route("/web/set_profiling", type="http", auth="public")
    def profile(self, profile=None, collectors=None, **params):
        """Switch it on or off; the answer is the state, or the action that asks for how long it may be on."""
        request = http.request
        wanted = None if profile is None else profile not in ("", "0", "false")
        names = collectors.split(",") if collectors else None
        answer = request.env["ir.profile"].set_profiling(wanted, names, params)
        return request.make_response(json.dumps(answer), [("Content-Type", "application/json")])

    @http.route(
        ["/web/speedscope", '/web/speedscope/<model("ir.profile"):profile>'], type="http", auth="user", readonly=True
    )
    def speedscope(self, profile=None):
        """The profile in the format of speedscope.app, as a file."""
        request = http.request
        if profile is None or not profile.exists():
            raise request.not_found()
        profile.check_access("read")
        name = f"profile-{profile.id}.speedscope.json"
        headers = [("Content-Type", "application/json"), ("Content-Disposition", http.content_disposition(name))]
        return request.make_response(profile.speedscope or b"{}", headers)
