"""Terms for the scripts of pages for visitors; logging out leads back to such a page."""

from odoo.addons.web.controllers import session, webclient

from fondaco.addon import http


class Routing(http.Controller):
    @http.route(
        "/website/translations/<string:unique>", type="http", auth="public", website=True, readonly=True,
    )  # fmt: skip
    def get_website_translations(self, unique, lang=None, mods=None):
        """Terms of the modules that have pages for visitors, and of those named."""
        modules = http.request.env["ir.http"]._get_translation_frontend_modules_name()
        if mods:
            modules += mods.split(",") if isinstance(mods, str) else mods
        return webclient.WebClient().translations(unique, mods=",".join(modules), lang=lang)


class Session(session.Session):
    @http.route(website=True, multilang=False, sitemap=False)
    def logout(self, redirect="/odoo"):
        return super().logout(redirect=redirect)
