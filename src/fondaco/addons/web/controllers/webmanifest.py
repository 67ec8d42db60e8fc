"""What makes the client an application of the device: its manifest, its worker, the page without a connection."""

from fondaco.addon import _, http

from . import pages
from .frontend import FRONTEND, plan_of

COLOR = "#0a6a70"
WORKER = """// Shows the page for a lost connection; keeps nothing else.
const OFFLINE = "/odoo/offline";
self.addEventListener("install", (event) =>
    event.waitUntil(caches.open("fondaco").then((cache) => cache.add(OFFLINE)))
);
self.addEventListener("fetch", (event) => {
    if (event.request.mode === "navigate") {
        event.respondWith(fetch(event.request).catch(() => caches.match(OFFLINE)));
    }
});
"""


class WebManifest(http.Controller):
    @http.route("/web/manifest.webmanifest", type="http", auth="public", methods=["GET"], readonly=True)
    def webmanifest(self):
        request = http.request
        name = request.env["ir.config_parameter"].sudo().get_param("web.web_app_name", "Fondaco")
        manifest = {
            "name": name,
            "scope": "/odoo",
            "start_url": "/odoo",
            "display": "standalone",
            "background_color": COLOR,
            "theme_color": COLOR,
            "prefer_related_applications": False,
            "icons": [
                {"src": "/web/static/img/favicon.svg", "sizes": "any", "type": "image/svg+xml"},
                {"src": "/web/static/img/icon-512.png", "sizes": "512x512", "type": "image/png"},
            ],
            "shortcuts": [],
        }
        return request.make_response(pages.dumps(manifest), [("Content-Type", "application/manifest+json")])

    @http.route("/web/service-worker.js", type="http", auth="public", methods=["GET"], readonly=True)
    def service_worker(self):
        return http.request.make_response(
            WORKER, [("Content-Type", "text/javascript"), ("Service-Worker-Allowed", "/odoo")]
        )

    @http.route("/odoo/offline", type="http", auth="public", methods=["GET"], readonly=True)
    def offline(self):
        return pages.notice_page(
            plan_of(FRONTEND),
            _("Offline"),
            _("There is no connection to the server. Reload the page when it is back."),
            csrf_token=http.request.csrf_token(),
        )
