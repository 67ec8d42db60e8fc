"""The menus as the client takes them."""

import hashlib

import orjson

from fondaco.addon import models
from fondaco.registry.ormcache import ormcache


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def load_web_menus(self, debug):
        """Menu by id, and `root`: children, application, the action that opens and its path."""
        menus = self._web_menus(bool(debug))
        return {key: {**menu, "children": [*menu["children"]]} for key, menu in menus.items()}

    def _web_menus_hash(self, debug):
        """A fingerprint of `load_web_menus`: it changes with them. What an addon makes of them is asked each time."""
        is_ours = type(self).load_web_menus is IrUiMenu.load_web_menus
        return self._known_web_menus_hash(debug) if is_ours else self._fingerprint(self.load_web_menus(debug))

    @ormcache("self.env.uid", "debug", "self.env.lang")
    def _known_web_menus_hash(self, debug):
        return self._fingerprint(self._web_menus(debug))

    @staticmethod
    def _fingerprint(menus):
        text = orjson.dumps(menus, default=str, option=orjson.OPT_NON_STR_KEYS)
        return hashlib.sha256(text).hexdigest()[:40]

    @ormcache("self.env.uid", "debug", "self.env.lang")
    def _web_menus(self, debug):
        menus = self.load_menus(debug)
        actions = self._first_actions(menus)
        paths = self._paths_of({action for action in actions.values() if action})
        answer = {}
        for key, menu in menus.items():
            if key == "root":
                answer[key] = {
                    "id": "root",
                    "name": menu["name"],
                    "children": menu["children"],
                    "appID": False,
                    "xmlid": "",
                    "actionID": False,
                    "actionModel": False,
                    "actionPath": False,
                    "webIcon": None,
                    "webIconData": None,
                    "webIconDataMimetype": None,
                    "backgroundImage": menu.get("backgroundImage"),
                }
                continue
            model, action_id = actions.get(key) or (False, False)
            answer[key] = {
                "id": menu["id"],
                "name": menu["name"],
                "children": menu["children"],
                "appID": menu["app_id"],
                "xmlid": menu["xmlid"],
                "actionID": action_id,
                "actionModel": model,
                "actionPath": paths.get(action_id, False),
                "webIcon": menu.get("web_icon") or False,
                "webIconData": menu.get("web_icon_data") or False,
                "webIconDataMimetype": menu.get("web_icon_data_mimetype") or False,
            }
        return answer

    def _first_actions(self, menus):
        """(model, id) of the action of each menu; an application without one opens the first below it."""
        own = {}
        for key, menu in menus.items():
            if key != "root" and menu.get("action"):
                model, _comma, number = menu["action"].partition(",")
                own[key] = (model, int(number))

        def first(key):
            if key in own:
                return own[key]
            return next(
                (found for child in menus[key]["children"] if child in menus for found in [first(child)] if found), None
            )

        return {key: first(key) if menus[key].get("app_id") == key else own.get(key) for key in menus if key != "root"}

    def _paths_of(self, actions):
        ids = [action_id for _model, action_id in actions]
        rows = self.env["ir.actions.actions"].sudo().browse(ids).read(["path"]) if ids else []
        return {row["id"]: row["path"] or False for row in rows}
