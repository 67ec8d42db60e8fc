"""Records that can be sent to."""

from fondaco.addon import models


class BusListenerMixin(models.AbstractModel):
    _name = "bus.listener.mixin"
    _description = "Can send messages via bus.bus"

    def _bus_channel(self):
        """The record whose channel is used: this one."""
        return self

    def _bus_send(self, notification_type, message, /, *, subchannel=None):
        """Send to each of these records."""
        for record in self:
            channel = record._bus_channel()
            if not channel:
                continue
            self.env["bus.bus"]._sendone((channel, subchannel) if subchannel else channel, notification_type, message)
