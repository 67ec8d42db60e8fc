"""What makes the client an application of the device: its manifest, its worker, the page without a connection."""

from fondaco.addon import http, spoken_language
from fondaco.i18n.direction import direction

from . import pages
from .frontend import FRONTEND, plan_of

COLOR = "#0a6a70"
ICONS = "/web/static/img"
# Where a browser cannot be told what passes the worker by, all of a page would wait for it: it does nothing there.
WORKER = """// Shows the page for a lost connection, as of LABEL; keeps nothing else.
const OFFLINE = "/odoo/offline";
const pages = { requestMode: "navigate" };
const isPassedBy = Boolean(self.InstallEvent?.prototype.addRoutes);
self.addEventListener("install", (event) => {
    if (isPassedBy) {
        event.addRoutes({ condition: { not: pages }, source: "network" });
    }
    event.waitUntil(caches.open("fondaco").then((cache) => cache.add(new Request(OFFLINE, { cache: "reload" }))));
});
self.addEventListener("activate", (event) => event.waitUntil(self.registration.navigationPreload?.enable()));
if (isPassedBy) {
    self.addEventListener("fetch", (event) => {
        if (event.request.mode === pages.requestMode) {
            const answer = Promise.resolve(event.preloadResponse).then((early) => early || fetch(event.request));
            event.respondWith(answer.catch(() => caches.match(OFFLINE)));
        }
    });
}
"""


class WebManifest(http.Controller):
    @http.route("/web/manifest.webmanifest", type="http", auth="public", methods=["GET"], readonly=True)
    def webmanifest(self):
        request = http.request
        name = request.env["ir.config_parameter"].sudo().get_param("web.web_app_name", "Fondaco")
        manifest = {
            "id": "/odoo",
            "name": name,
            "short_name": name,
            "lang": spoken_language().replace("_", "-"),
            "dir": direction(spoken_language()),
            "scope": "/odoo",
            "start_url": "/odoo",
            "display": "standalone",
            "background_color": COLOR,
            "theme_color": COLOR,
            "prefer_related_applications": False,
            "icons": [
                {"src": f"{ICONS}/favicon.svg", "sizes": "any", "type": "image/svg+xml"},
                {"src": f"{ICONS}/icon-192.png", "sizes": "192x192", "type": "image/png"},
                {"src": f"{ICONS}/icon-512.png", "sizes": "512x512", "type": "image/png"},
                {
                    "src": f"{ICONS}/icon-maskable-512.png",
                    "sizes": "512x512",
                    "type": "image/png",
                    "purpose": "maskable",
                },
            ],
            "shortcuts": [],
        }
        return request.make_response(pages.dumps(manifest), [("Content-Type", "application/manifest+json")])

    @http.route("/web/service-worker.js", type="http", auth="public", methods=["GET"], readonly=True)
    def service_worker(self):
        """Another one for each language and version, so that browsers fetch the page anew that it shows."""
        label = f"{plan_of(FRONTEND).version} {spoken_language()}"
        return http.request.make_response(
            WORKER.replace("LABEL", label), [("Content-Type", "text/javascript"), ("Service-Worker-Allowed", "/odoo")]
        )

    @http.route("/odoo/offline", type="http", auth="public", methods=["GET"], readonly=True)
    def offline(self):
        return pages.offline_page()
