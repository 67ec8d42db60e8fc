"""The dialogs around languages: add one, bring translations in, take them out."""

from __future__ import annotations

import base64

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.modules import terms
from fondaco.security.safe_eval import safe_eval
from fondaco.values.deferred import Postponed

exchange, texts = Postponed("fondaco.i18n.exchange"), Postponed("fondaco.modules.texts")
NEW_LANG_KEY = "__new__"


class BaseLanguageInstall(models.TransientModel):
    _name = "base.language.install"
    _description = "Install Language"

    lang_ids = fields.Many2many(
        "res.lang",
        "res_lang_install_rel",
        "language_wizard_id",
        "lang_id",
        string="Languages",
        required=True,
        context={"active_test": False},
        default=lambda self: self._default_lang_ids(),
    )
    overwrite = fields.Boolean(string="Overwrite Existing Terms", default=True)
    first_lang_id = fields.Many2one("res.lang", string="First Lang", compute="_compute_first_lang_id")

    def _default_lang_ids(self):
        if self.env.context.get("active_model") == "res.lang":
            return self.env.context.get("active_ids", [])
        return False

    @api.depends("lang_ids")
    def _compute_first_lang_id(self):
        for wizard in self:
            wizard.first_lang_id = wizard.lang_ids[:1]

    def lang_install(self):
        """Activate the languages with their translations, then offer to switch."""
        self.ensure_one()
        self.lang_ids.write({"active": True})
        installed = self.env["ir.module.module"].search([("state", "=", "installed")])
        installed._update_translations(self.lang_ids.mapped("code"), self.overwrite)
        if len(self.lang_ids) == 1:
            return {
                "name": _("Languages added"),
                "view_mode": "form",
                "view_id": self.env.ref("base.language_install_view_form_lang_switch").id,
                "res_model": "base.language.install",
                "res_id": self.id,
                "type": "ir.actions.act_window",
                "target": "new",
            }
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": _("The languages are ready: users may choose them in their preferences."),
                "type": "success",
                "sticky": False,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def reload(self):
        return {"type": "ir.actions.client", "tag": "reload"}

    def switch_lang(self):
        """Use the new language oneself."""
        self.env.user.lang = self.first_lang_id.code
        return {"type": "ir.actions.client", "tag": "reload_context"}


class BaseLanguageImport(models.TransientModel):
    _name = "base.language.import"
    _description = "Language Import"

    name = fields.Char(string="Language Name", required=True)
    code = fields.Char(string="ISO Code", required=True)
    data = fields.Binary(string="File", required=True, attachment=False)
    filename = fields.Char(string="File Name", required=True)
    overwrite = fields.Boolean(string="Overwrite Existing Terms", default=True)

    def import_lang(self):
        """Bring the translations of the files in, for a language made when it is missing."""
        for wizard in self:
            form = exchange.format_of(wizard.filename)
            if form is None:
                raise UserError(_("Translations come from PO, CSV or TGZ files, not from %s.", wizard.filename))
            try:
                entries = exchange.read(base64.b64decode(wizard.data), form)
            except ValueError as error:
                raise UserError(
                    _("%(file)s is no %(form)s file: %(error)s", file=wizard.filename, form=form.upper(), error=error)
                ) from error
            language = self.env["res.lang"]
            if not language._activate_lang(wizard.code):
                language._create_lang(wizard.code, lang_name=wizard.name)
            terms.take(self.env, entries, wizard.code, overwrite=wizard.overwrite)
        return True


class BaseLanguageExport(models.TransientModel):
    _name = "base.language.export"
    _description = "Language Export"

    name = fields.Char(string="File Name", readonly=True)
    lang = fields.Selection(selection="_get_languages", string="Language", required=True, default="__new__")
    format = fields.Selection(
        selection=[
            ("csv", "CSV File"),
            ("po", "PO File"),
            ("tgz", "TGZ Archive"),
        ],
        string="File Format",
        required=True,
        default="po",
    )
    export_type = fields.Selection(
        selection=[
            ("module", "Module"),
            ("model", "Model"),
        ],
        string="Export Type",
        required=True,
        default="module",
    )
    modules = fields.Many2many(
        "ir.module.module",
        "rel_modules_langexport",
        "wiz_id",
        "module_id",
        string="Apps To Export",
        domain=[("state", "=", "installed")],
    )
    model_id = fields.Many2one("ir.model", string="Model to Export", domain=[("transient", "=", False)])
    model_name = fields.Char(string="Model Name", related="model_id.model")
    domain = fields.Char(string="Model Domain", default="[]")
    data = fields.Binary(string="File", readonly=True, attachment=False)
    state = fields.Selection(
        selection=[
            ("choose", "choose"),
            ("get", "get"),
        ],
        string="State",
        copy=False,
        default="choose",
    )

    @api.model
    def _get_languages(self):
        return [(NEW_LANG_KEY, _("New language (texts without translation)")), *self.env["res.lang"].get_installed()]

    def act_getfile(self):
        """Write the translations to a file and offer it."""
        self.ensure_one()
        lang = self.lang if self.lang != NEW_LANG_KEY else None
        if self.export_type == "model":
            ids = self.env[self.model_name].search(safe_eval(self.domain)).ids
            modules, entries = [], texts.of_records(self.env, self.model_name, ids, lang)
            name = self.model_name.replace(".", "_")
        else:
            modules = sorted(self.modules.mapped("name")) or sorted(self.env.registry.loaded_modules)
            entries = texts.of_modules(self.env, modules, lang)
            name = modules[0] if len(modules) == 1 else lang or "new"
        content = exchange.write(entries, lang, modules, self.format)
        extension = "pot" if not lang and self.format == "po" else self.format
        self.write({"state": "get", "data": base64.b64encode(content), "name": f"{name}.{extension}"})
        return {
            "type": "ir.actions.act_window",
            "res_model": "base.language.export",
            "view_mode": "form",
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
