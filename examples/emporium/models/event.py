"""What a shop calls to say, each call once."""

import json

from fondaco.addon import fields, models


class Event(models.Model):
    _name = "emporium.event"
    _description = "Call of the Shop"
    _order = "id desc"
    _rec_name = "key"
    _sql_constraints = [("key_once", "UNIQUE (key)", "This call was taken already.")]

    key = fields.Char(required=True, readonly=True)
    body = fields.Text(required=True, readonly=True)

    def _apply(self):
        """`{"key": "shop.customer_7", "name": "Ada"}`: the contact with this external id has this name."""
        customer = json.loads(self.body)
        if not customer["key"].startswith("shop."):
            raise ValueError(f"{customer['key']!r} is no customer of the shop: expected shop.customer_...")
        result = self.env["res.partner"].load(["id", "name"], [[customer["key"], customer["name"]]])
        if result["ids"] is False:
            raise ValueError("; ".join(one["message"] for one in result["messages"]))
