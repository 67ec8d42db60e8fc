"""The handshake of a websocket, and the same news over plain HTTP for browsers behind proxies that let none through."""

import json
from urllib.parse import urlsplit

from werkzeug.exceptions import BadRequest, HTTPException, ServiceUnavailable

from fondaco.addon import http
from fondaco.bus.inquiries import parcel_of
from fondaco.bus.protocol import HandshakeError, MessageError, accepted, is_outdated, subscription
from fondaco.http.current import request
from fondaco.http.dispatch import SessionExpiredException
from fondaco.http.handover import KEEPER, Handover
from fondaco.http.response import Response

ELSEWHERE = "This server keeps no websockets; the companion process does (docs/operator/live.md)"


class WebsocketController(http.Controller):
    @http.route(
        ["/websocket", "/websocket/", "/longpolling/websocket"], type="http", auth="public", cors="*", csrf=False,
        websocket=True,
    )  # fmt: skip
    def websocket(self, version=None):
        """Turn the connection into a websocket."""
        environ = request.environ
        try:
            headers = accepted(environ)
        except HandshakeError as error:
            raise _refusal(error) from error
        origin = environ.get("HTTP_ORIGIN")
        if not origin:
            raise BadRequest("Expected the header Origin: it says which page opens the websocket")
        if not environ.get(KEEPER):
            raise ServiceUnavailable(ELSEWHERE)
        parcel = parcel_of(request)
        if urlsplit(origin).netloc != environ.get("HTTP_HOST"):
            # A page of another site may listen as any visitor may, not as the user whose cookies came along.
            parcel |= {"uid": None, "sid": request.app.session_store.new().sid}
            parcel["origin"].pop("HTTP_COOKIE", None)
        outdated = is_outdated(version, environ.get("HTTP_USER_AGENT", ""))
        return Handover({"kind": "websocket", "is_outdated": outdated, **parcel}, status=101, headers=headers)

    @http.route("/websocket/health", type="http", auth="none", save_session=False, readonly=True)
    def health(self):
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return request.make_response('{"status": "pass"}', headers)

    @http.route("/longpolling/health", type="http", auth="none", save_session=False, readonly=True)
    def longpolling_health(self):
        return self.health()

    @http.route("/websocket/peek_notifications", type="json", auth="public", cors="*")
    def peek_notifications(self, channels, last, is_first_poll=False):
        """What is there now, without waiting."""
        if request.session.uid is None:
            raise SessionExpiredException
        names, last = _subscription(channels, last)
        wish = request.env["ir.websocket"]._subscribe({"channels": names, "last": last})
        channels = [json.loads(channel) for channel in wish["channels"]]
        return {"channels": channels, "notifications": request.env["bus.bus"]._poll(channels, wish["last"])}

    @http.route("/websocket/update_bus_presence", type="json", auth="public", cors="*")
    def update_bus_presence(self, inactivity_period, im_status_ids_by_model):
        return request.env["ir.websocket"]._update_bus_presence(inactivity_period, im_status_ids_by_model)

    @http.route("/websocket/on_closed", type="json", auth="public", cors="*")
    def on_websocket_closed(self):
        """The browser says that its connection has ended."""
        if request.session.uid is not None:
            request.env["ir.websocket"]._on_websocket_closed(request.cookies)

    @http.route(["/longpolling/poll", "/websocket/poll"], type="json", auth="public", cors="*")
    def poll(self, channels, last, options=None):
        """What is there, as soon as there is something."""
        names, last = _subscription(channels, last)
        wish = request.env["ir.websocket"]._subscribe({"channels": names, "last": last})
        found = request.env["bus.bus"]._poll(map(json.loads, wish["channels"]), wish["last"])
        if found or not request.environ.get(KEEPER):
            return found
        wait = {"kind": "poll", "id": request.dispatcher.request_id, **wish, **parcel_of(request)}
        return Handover(wait, content_type="application/json; charset=utf-8")


def _subscription(channels, last):
    try:
        return subscription({"channels": channels, "last": last})
    except MessageError as error:
        raise BadRequest(str(error)) from error


def _refusal(error: HandshakeError) -> HTTPException:
    if error.status == 426:
        headers = {"Sec-WebSocket-Version": "13", "Upgrade": "websocket"}
        return HTTPException(str(error), Response(str(error), status=426, headers=headers))
    return BadRequest(str(error))
