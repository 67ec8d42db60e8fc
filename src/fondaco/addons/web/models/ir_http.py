"""What the client must know of the session, its user and the rights."""

import hashlib

from fondaco.addon import api, http, models
from fondaco.registry.ormcache import ormcache

VERSION_INFO = [18, 0, 0, "final", 0, ""]
DEFAULT_UPLOAD_LIMIT = 128 * 1024 * 1024  # bytes
ACTIVE_IDS_LIMIT = 20000


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def webclient_rendering_context(self):
        """Values for the page of the client."""
        return {"session_info": self.session_info()}

    def session_info(self):
        """Everything the client knows before its first question."""
        user = self.env.user
        uid = http.request.session.uid if http.request else self.env.uid
        context = dict(self.env["res.users"].context_get())
        user._fetch_along(self._user_fields_for_session(), "partner_id", ["name", "display_name", "write_date"])
        parameters = self.env["ir.config_parameter"].sudo()
        is_internal = user._is_internal()
        info = {
            "uid": uid,
            "is_system": user._is_system() if uid else False,
            "is_admin": user._is_admin() if uid else False,
            "is_public": user._is_public(),
            "is_internal_user": is_internal,
            "user_context": context,
            "db": self.env.cr.dbname,
            "user_settings": self._user_settings(user),
            "server_version": "18.0",
            "server_version_info": VERSION_INFO,
            "support_url": "",
            "name": user.name,
            "username": user.login,
            "partner_write_date": str(user.partner_id.write_date or ""),
            "partner_display_name": user.partner_id.display_name,
            "partner_id": user.partner_id.id if uid and user.partner_id else None,
            "web.base.url": parameters.get_param("web.base.url", default=""),
            "active_ids_limit": int(parameters.get_param("web.active_ids_limit", default=str(ACTIVE_IDS_LIMIT))),
            "profile_session": None,
            "profile_collectors": None,
            "profile_params": None,
            "max_file_upload_size": int(
                parameters.get_param("web.max_file_upload_size", default=str(DEFAULT_UPLOAD_LIMIT))
            ),
            "home_action_id": user.action_id.id,
            "cache_hashes": {
                "translations": self.env["ir.http"].sudo().get_web_translations_hash(None, context.get("lang"))
            },
            "currencies": self.sudo().get_currencies(),
            "bundle_params": {"lang": context.get("lang")},
            "test_mode": False,
            "view_info": self.env["ir.ui.view"].get_view_info(),
        }
        if http.request and http.request.session.debug:
            info["bundle_params"]["debug"] = http.request.session.debug
        if is_internal:
            info |= self._internal_info(user)
        return info

    def _user_fields_for_session(self):
        """Names of the fields of the user that `session_info` is made from: they are read in one statement."""
        return ["login", "partner_id", "company_id", "action_id"]

    def _user_settings(self, user):
        settings = self.env["res.users.settings"]._find_or_create_for_user(user)
        return (
            settings._res_users_settings_format()
            if hasattr(settings, "_res_users_settings_format")
            else {"id": settings.id, "user_id": {"id": user.id}}
        )

    def _internal_info(self, user):
        """What only those who work in the client need: menus, companies."""
        menus = self.env["ir.ui.menu"]._web_menus_hash(bool(http.request and http.request.session.debug))
        allowed, above = self._companies_told(user._get_company_ids())
        info = {
            "user_companies": {
                "current_company": user.company_id.id,
                "allowed_companies": {id_: {**told, "child_ids": [*told["child_ids"]]} for id_, told in allowed},
                "disallowed_ancestor_companies": {
                    id_: {**told, "child_ids": [*told["child_ids"]]} for id_, told in above
                },
            },
            "show_effect": True,
            "display_switch_company_menu": user.has_group("base.group_multi_company") and len(allowed) > 1,
        }
        info["cache_hashes"] = {
            "translations": self.env["ir.http"]
            .sudo()
            .get_web_translations_hash(None, self.env.context.get("lang") or user.lang),
            "load_menus": menus,
        }
        return info

    @ormcache("ids")
    def _companies_told(self, ids):
        """(id, what clients are told) of the companies, and of those above them."""
        companies = self.env["res.company"].sudo().browse(ids)
        above = companies.parent_ids - companies
        known = companies | above
        return [[(company.id, self._company_info(company, known)) for company in group] for group in (companies, above)]

    @staticmethod
    def _company_info(company, known):
        return {
            "id": company.id,
            "name": company.name,
            "sequence": company.sequence,
            "child_ids": known.filtered(lambda other: other.parent_id == company).ids,
            "parent_id": company.parent_id.id,
        }

    @api.model
    def get_frontend_session_info(self):
        """What a page for visitors knows."""
        user = self.env.user
        uid = http.request.session.uid if http.request else None
        return {
            "is_admin": user._is_admin() if uid else False,
            "is_system": user._is_system() if uid else False,
            "is_public": user._is_public(),
            "is_internal_user": user._is_internal(),
            "is_website_user": user._is_public() if uid else False,
            "uid": uid,
            "registry_hash": hashlib.sha256(self.env.cr.dbname.encode()).hexdigest()[:40],
            "user_id": user.id if uid else False,
            "cache_hashes": {"translations": self.sudo().get_web_translations_hash(None, self.env.lang)},
            "currencies": self.sudo().get_currencies(),
            "bundle_params": {"lang": self.env.lang},
            "test_mode": False,
            "max_file_upload_size": DEFAULT_UPLOAD_LIMIT,
        }

    def get_currencies(self):
        """The active currencies as one writes them: symbol, its place, digits."""
        return {
            id_: {"symbol": symbol, "position": position, "digits": [69, places]}
            for id_, symbol, position, places in self._active_currencies()
        }

    @ormcache()
    def _active_currencies(self):
        return tuple(
            (currency.id, currency.symbol, currency.position, currency.decimal_places)
            for currency in self.env["res.currency"].sudo().search([])
        )
