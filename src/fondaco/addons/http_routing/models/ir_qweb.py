"""What templates of pages for visitors may use beside the usual names."""

from fondaco.addon import http, models


class IrQweb(models.AbstractModel):
    _inherit = "ir.qweb"

    def _prepare_frontend_environment(self, values):
        """`slug`, `unslug_url`, `url_for`, `url_localized`, and the languages to choose from."""
        model = super()._prepare_frontend_environment(values)
        addresses = self.env["ir.http"]
        values.setdefault("slug", addresses._slug)
        values.setdefault("unslug_url", addresses._unslug_url)
        values.setdefault("url_for", addresses._url_for)
        values.setdefault("url_localized", addresses._url_localized)
        values.setdefault("languages", list(self.env["res.lang"].sudo()._get_frontend().values()))
        values.setdefault("current_lang", http.request.lang)
        return model
