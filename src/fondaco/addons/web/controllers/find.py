"""Records are found by their names, whatever they are: what the palette of the client asks."""

from fondaco.addon import http

LIMIT = 9
PER_MODEL = 3
MOST_MODELS = 20
"""Each is one search; who has more menus finds what is behind the first of them."""


class Find(http.Controller):
    @http.route("/web/find", type="json", auth="user", readonly=True)
    def find(self, text):
        """Records with `text` in their name, of the models that the user's menus open: model, id, names of both."""
        text = text.strip() if isinstance(text, str) else ""
        return found_records(http.request.env, text) if text else []


def found_records(env, text):
    found = []
    for name in models_of_menus(env)[:MOST_MODELS]:
        model = env[name]
        if model._rec_name and model.has_access("read"):
            rows = model.name_search(text, limit=PER_MODEL)
            kind = model._description
            found += [{"model": name, "kind": kind, "id": id_, "name": display_name} for id_, display_name in rows]
        if len(found) >= LIMIT:
            break
    return found[:LIMIT]


def models_of_menus(env):
    """Models with a table that the user's menus open, in the order of the menus."""
    menus = env["ir.ui.menu"]._web_menus(False)
    actions = [menu["actionID"] for menu in menus.values() if menu["actionModel"] == "ir.actions.act_window"]
    rows = env["ir.actions.act_window"].sudo().browse(dict.fromkeys(actions)).read(["res_model"])
    names = dict.fromkeys(row["res_model"] for row in rows)
    return [name for name in names if name in env and env[name]._auto and not env[name]._transient]
