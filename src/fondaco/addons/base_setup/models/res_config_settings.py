"""The general settings: how many there are of what, and what may be switched."""

from fondaco.addon import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    company_id = fields.Many2one(
        "res.company",
        string="Company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    is_root_company = fields.Boolean(string="Is Root Company", compute="_compute_is_root_company")
    user_default_rights = fields.Boolean(
        string="Default Access Rights",
        config_parameter="base_setup.default_user_rights",
    )
    module_base_import = fields.Boolean(string="Allow users to import data from CSV/XLS/XLSX/ODS files")
    module_google_calendar = fields.Boolean(
        string="Allow the users to synchronize their calendar  with Google Calendar"
    )
    module_microsoft_calendar = fields.Boolean(
        string="Allow the users to synchronize their calendar with Outlook Calendar"
    )
    module_mail_plugin = fields.Boolean(string="Allow integration with the mail plugins")
    module_auth_oauth = fields.Boolean(string="Use external authentication providers (OAuth)")
    module_auth_ldap = fields.Boolean(string="LDAP Authentication")
    module_account_inter_company_rules = fields.Boolean(string="Manage Inter Company")
    module_voip = fields.Boolean(string="VoIP")
    module_web_unsplash = fields.Boolean(string="Unsplash Image Library")
    module_sms = fields.Boolean(string="SMS")
    module_partner_autocomplete = fields.Boolean(string="Partner Autocomplete")
    is_partner_autocomplete_there = fields.Boolean(
        string="Partner Autocomplete is there", compute="_compute_is_partner_autocomplete_there"
    )
    module_base_geolocalize = fields.Boolean(string="GeoLocalize")
    module_google_recaptcha = fields.Boolean(string="reCAPTCHA")
    module_website_cf_turnstile = fields.Boolean(string="Cloudflare Turnstile")
    module_product_images = fields.Boolean(string="Get product pictures using barcode")
    report_footer = fields.Html(related="company_id.report_footer", string="Custom Report Footer", readonly=False)
    group_multi_currency = fields.Boolean(string="Multi-Currencies", implied_group="base.group_multi_currency")
    external_report_layout_id = fields.Many2one(
        related="company_id.external_report_layout_id", string="Document Template"
    )
    show_effect = fields.Boolean(string="Show Effect", config_parameter="base_setup.show_effect")
    company_count = fields.Integer(string="Number of Companies", compute="_compute_company_count")
    active_user_count = fields.Integer(string="Number of Active Users", compute="_compute_active_user_count")
    language_count = fields.Integer(string="Number of Languages", compute="_compute_language_count")
    company_name = fields.Char(related="company_id.display_name", string="Company Name")
    company_informations = fields.Text(string="Company Informations", compute="_compute_company_informations")
    company_country_code = fields.Char(related="company_id.country_id.code", string="Company Country Code")
    profiling_enabled_until = fields.Datetime(
        string="Profiling enabled until", config_parameter="base.profiling_enabled_until"
    )

    @api.depends("company_id")
    def _compute_is_root_company(self):
        for settings in self:
            settings.is_root_company = not settings.company_id.parent_id

    @api.depends("company_id")
    def _compute_company_count(self):
        self.company_count = self.env["res.company"].sudo().search_count([])

    @api.depends("company_id")
    def _compute_active_user_count(self):
        self.active_user_count = self.env["res.users"].sudo().search_count([("share", "=", False)])

    @api.depends("company_id")
    def _compute_language_count(self):
        self.language_count = len(self.env["res.lang"].get_installed())

    @api.depends("company_id")
    def _compute_company_informations(self):
        """Address and tax number, a line each."""
        for settings in self:
            company = settings.company_id
            town = " ".join(part for part in (company.zip, company.city) if part)
            lines = (company.street, company.street2, town, company.country_id.name, company.vat)
            settings.company_informations = "\n".join(line for line in lines if line)

    @api.depends("company_id")
    def _compute_is_partner_autocomplete_there(self):
        """A switch for a module that is not there would do nothing."""
        self.is_partner_autocomplete_there = bool(self.env["ir.module.module"].sudo()._get("partner_autocomplete"))

    def open_company(self):
        """The form of the company."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Company"),
            "res_model": "res.company",
            "res_id": self.company_id.id,
            "views": [(False, "form")],
        }

    def open_default_user(self):
        """The user whose groups new users get."""
        return self.action_open_template_user()
