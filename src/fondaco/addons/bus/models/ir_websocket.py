"""What a connection may hear and say. Addons override the methods here; `request` is the one that opened it."""

from __future__ import annotations

import re

from fondaco.addon import models
from fondaco.http.current import request

from .bus import channel_with_db, json_dump

PRESENCE = re.compile(r"odoo-presence-(?P<model>[a-z_.]+)_(?P<id>\d{1,9})")
PRESENT_MODELS = ("res.partner", "res.users")


class IrWebsocket(models.AbstractModel):
    _name = "ir.websocket"
    _description = "websocket message handling"

    def _build_bus_channel_list(self, channels):
        """Everything a client hears that asked for `channels`: these names, what all hear, what his groups and he
        himself hear. Records are channels that nobody can ask for by name."""
        user = self.env.user
        return [
            *[channel for channel in channels if not PRESENCE.fullmatch(channel)],
            "broadcast",
            *user.groups_id,
            *([user.partner_id] if request and request.session.uid else []),
            *self._presence_channels(channels),
        ]

    def _presence_channels(self, channels):
        """Of the asked presences, those of people whom the user may read."""
        heard = []
        for match in filter(None, map(PRESENCE.fullmatch, channels)):
            model = match["model"]
            if model in PRESENT_MODELS and self.env.user._is_internal():
                record = self.env[model].browse(int(match["id"])).exists()
                if record and record.has_access("read"):
                    heard.append((record._bus_channel(), "presence"))
        return heard

    def _prepare_subscribe_data(self, channels, last):
        """{channels: full names as JSON, last}"""
        dbname = self.env.cr.dbname
        wanted = self._build_bus_channel_list(list(channels))
        return {
            "channels": list(dict.fromkeys(json_dump(channel_with_db(dbname, channel)) for channel in wanted)),
            "last": last,
        }

    def _subscribe(self, og_data):
        """What a client subscribes to that sent `og_data`: names in `channels`, and the number it got last."""
        return self._prepare_subscribe_data(og_data["channels"], og_data["last"])

    def _update_bus_presence(self, inactivity_period, im_status_ids_by_model):
        """The user is there; answers how the others are that he asks for: {model: [{id, im_status}]}."""
        if self.env.user and not self.env.user._is_public():
            self.env["bus.presence"]._update_presence(int(inactivity_period))
        return self._get_im_status(im_status_ids_by_model)

    def _get_im_status(self, im_status_ids_by_model):
        """{model: [{id, im_status}]} of people the user may read."""
        found = {}
        for model, ids in (im_status_ids_by_model or {}).items():
            if model in PRESENT_MODELS and self.env.user._is_internal():
                people = self.env[model].with_context(active_test=False).search([("id", "in", ids)])
                found[model] = [{"id": person.id, "im_status": person.im_status} for person in people]
        return found

    def _serve_ir_websocket(self, event_name, data):
        """Any other message of a client."""
        if event_name == "update_presence":
            self._update_bus_presence(data.get("inactivity_period", 0), data.get("im_status_ids_by_model"))

    def _on_websocket_closed(self, cookies):
        """The last connection of the user has ended."""
        presence = self.env["bus.presence"].sudo().search([("user_id", "=", self.env.uid)], limit=1)
        if presence and presence.status != "offline":
            presence._set_status("offline")
