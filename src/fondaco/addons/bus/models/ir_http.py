"""What the client must know of the bus."""

from fondaco.addon import models
from fondaco.bus.protocol import WORKER_VERSION


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        return {**super().session_info(), "websocket_worker_version": WORKER_VERSION}

    def get_frontend_session_info(self):
        return {**super().get_frontend_session_info(), "websocket_worker_version": WORKER_VERSION}
