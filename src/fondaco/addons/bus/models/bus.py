"""What is sent to whom: a row for each notification, kept long enough for those who were away for a moment."""

from __future__ import annotations

import json
from datetime import timedelta

from fondaco.addon import api, fields, models
from fondaco.bus import feed, notify
from fondaco.values.jsontext import json_default

KEPT = timedelta(hours=24)
VACUUM_BATCH = 100_000


def json_dump(value):
    """JSON as it lies in the table: short, the same for equal values."""
    return json.dumps(value, separators=(",", ":"), default=json_default)


def channel_with_db(dbname, channel):
    """The full name of a channel: a record, a record and a part of it, or a name. No database hears another's."""
    if isinstance(channel, models.BaseModel):
        channel.ensure_one()
        if hasattr(channel, "_bus_channel"):
            channel = channel._bus_channel()
        return (dbname, channel._name, channel.id)
    if isinstance(channel, tuple) and len(channel) == 2 and isinstance(channel[0], models.BaseModel):
        return (*channel_with_db(dbname, channel[0]), channel[1])
    if isinstance(channel, str):
        return (dbname, channel)
    if isinstance(channel, tuple | list) and channel and channel[0] == dbname:
        return tuple(channel)
    raise TypeError(f"bus channel {channel!r}: expected a record, (record, name) or a name")


class BusBus(models.Model):
    _name = "bus.bus"
    _description = "Communication Bus"

    channel = fields.Char(string="Channel")
    message = fields.Char(string="Message")

    @api.autovacuum
    def _gc_messages(self):
        limit = fields.Datetime.now() - KEPT
        self.sudo().search([("create_date", "<", limit)], limit=VACUUM_BATCH).unlink()

    @api.model
    def _sendone(self, target, notification_type, message):
        """Have `message` (what JSON can hold) delivered to whoever hears the channel `target`, after the commit."""
        channel = json_dump(channel_with_db(self.env.cr.dbname, target))
        notify.queue(self.env.cr, self.env.uid, channel, json_dump({"type": notification_type, "payload": message}))

    @api.model
    def _sendmany(self, notifications):
        """Several at once: (target, type, message) each."""
        for target, notification_type, message in notifications:
            self._sendone(target, notification_type, message)

    @api.model
    def _poll(self, channels, last=0, ignore_ids=None):
        """What came on these channels after the notification numbered `last`, in order; 0: what came just now."""
        names = [json_dump(channel_with_db(self.env.cr.dbname, channel)) for channel in channels]
        rows = feed.missed(self.env.cr, names, last)
        return [{"id": row.id, "message": json.loads(row.message)} for row in rows if row.id not in (ignore_ids or ())]

    @api.model
    def _bus_last_id(self):
        """The number of the latest notification."""
        return feed.newest(self.env.cr)
