"""Modules are installed, upgraded and uninstalled while whoever asked for it watches."""

import json
import logging
import queue
import threading

from fondaco.addon import _, http
from fondaco.errors import AccessError, DataError, ModuleError
from fondaco.server import deadlines

_logger = logging.getLogger(__name__)

KINDS = ("install", "upgrade", "uninstall")
HEADERS = [
    ("Content-Type", "application/x-ndjson; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Accel-Buffering", "no"),  # else this server, and nginx before it, keep the lines back until the end
]


class Apps(http.Controller):
    @http.route("/web/apps/change", type="http", auth="user", methods=["POST"])
    def change(self, data):
        """Carry a change out. data: JSON {kind, ids}. Lines of JSON: {text, done, total} as it goes on, at last
        {result} or {error}."""
        request = http.request
        wanted = json.loads(data)
        if not request.env.user._is_admin():
            raise AccessError(_("Only administrators install and remove apps."))
        if wanted["kind"] not in KINDS:
            raise request.not_found()
        names = request.env["ir.module.module"].browse(wanted["ids"]).mapped("name")
        registry = request.env.registry
        deadlines.unlimited()
        told = queue.SimpleQueue()
        # in a thread of its own: when the page goes away, the change still comes to its end
        threading.Thread(
            target=_carry_out, args=(registry.registries, registry.db_name, {wanted["kind"]: names}, told.put)
        ).start()
        return request.make_response(_lines(told), HEADERS)


def _carry_out(registries, db, change, tell):
    def progress(text, done=0, total=None):
        tell({"text": text, "done": done, "total": total})

    try:
        registries.update(db, progress=progress, **change)
    except (ModuleError, DataError) as error:
        tell({"error": str(error)})
    except Exception:  # modules run code of their own; who watches must not wait for ever
        _logger.exception("change of modules failed change=%s", change)
        tell({"error": _("The change failed; the log of the server says why. What was done before it is kept.")})
    else:
        tell({"result": True})


def _lines(told):
    while True:
        line = told.get()
        yield json.dumps(line).encode() + b"\n"
        if "error" in line or "result" in line:
            return
