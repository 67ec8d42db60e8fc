"""Models of the bus, and those that learn to send through it."""

from . import (
    bus,
    bus_listener_mixin,
    bus_presence,
    ir_attachment,
    ir_http,
    ir_model,
    ir_websocket,
    res_groups,
    res_partner,
    res_users,
    res_users_settings,
)
