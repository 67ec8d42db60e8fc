"""How a browser connects."""

from . import bus, websocket
