"""Which bank accounts contacts have."""

from __future__ import annotations

import re

from fondaco.addon import _, api, fields, models


def sanitize_account_number(number):
    """An account number without spaces and signs, in capitals: how two are compared."""
    return re.sub(r"\W+", "", number or "").upper() or False


class Bank(models.Model):
    _name = "res.bank"
    _description = "Bank"
    _order = "name"
    _rec_names_search = ["name", "bic"]

    name = fields.Char(string="Name", required=True)
    street = fields.Char(string="Street")
    street2 = fields.Char(string="Street2")
    zip = fields.Char(string="Zip")
    city = fields.Char(string="City")
    state = fields.Many2one(
        "res.country.state",
        string="Fed. State",
        copy=False,
        domain="[('country_id', '=?', country)]",
    )
    country = fields.Many2one("res.country", string="Country")
    country_code = fields.Char(string="Country Code", related="country.code")
    email = fields.Char(string="Email")
    phone = fields.Char(string="Phone")
    active = fields.Boolean(string="Active", default=True)
    bic = fields.Char(string="Bank Identifier Code", index=True)

    @api.depends("bic")
    def _compute_display_name(self):
        for bank in self:
            bank.display_name = f"{bank.name or ''}{f' - {bank.bic}' if bank.bic else ''}"

    @api.model
    def _search_display_name(self, operator, value):
        if operator in ("ilike", "not ilike") and value:
            domain = ["|", ("bic", "=ilike", f"{value}%"), ("name", "ilike", value)]
            return domain if operator == "ilike" else ["!", *domain]
        return super()._search_display_name(operator, value)

    @api.onchange("country")
    def _onchange_country_id(self):
        if self.country and self.country != self.state.country_id:
            self.state = False

    @api.onchange("state")
    def _onchange_state(self):
        if self.state.country_id:
            self.country = self.state.country_id


class ResPartnerBank(models.Model):
    _name = "res.partner.bank"
    _description = "Bank Accounts"
    _order = "sequence, id"
    _rec_name = "acc_number"
    _sql_constraints = [
        (
            "unique_number",
            "unique(sanitized_acc_number, partner_id)",
            "The contact has an account with this number.",
        ),
    ]

    active = fields.Boolean(string="Active", default=True)
    acc_type = fields.Selection(
        string="Type",
        compute="_compute_acc_type",
        selection=lambda self: self.env["res.partner.bank"].get_supported_account_types(),
    )
    acc_number = fields.Char(string="Account Number", required=True)
    sanitized_acc_number = fields.Char(
        string="Sanitized Account Number",
        compute="_compute_sanitized_acc_number",
        store=True,
    )
    acc_holder_name = fields.Char(
        string="Account Holder Name",
        compute="_compute_account_holder_name",
        store=True,
        readonly=False,
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Account Holder",
        required=True,
        index=True,
        ondelete="cascade",
        domain=["|", ("is_company", "=", True), ("parent_id", "=", False)],
    )
    allow_out_payment = fields.Boolean(string="Send Money", copy=False, default=False)
    bank_id = fields.Many2one("res.bank", string="Bank")
    bank_name = fields.Char(string="Name", related="bank_id.name", readonly=False)
    bank_bic = fields.Char(string="Bank Identifier Code", related="bank_id.bic", readonly=False)
    sequence = fields.Integer(string="Sequence", default=10, aggregator=None)
    currency_id = fields.Many2one("res.currency", string="Currency")
    company_id = fields.Many2one("res.company", string="Company", related="partner_id.company_id", store=True)
    country_code = fields.Char(string="Country Code", related="partner_id.country_code")

    @api.model
    def get_supported_account_types(self):
        """(value, label) of the kinds of account numbers that are understood."""
        return self._get_supported_account_types()

    @api.model
    def _get_supported_account_types(self):
        return [("bank", _("Normal"))]

    @api.depends("acc_number")
    def _compute_sanitized_acc_number(self):
        for account in self:
            account.sanitized_acc_number = sanitize_account_number(account.acc_number)

    @api.depends("acc_number")
    def _compute_acc_type(self):
        for account in self:
            account.acc_type = self.retrieve_acc_type(account.acc_number)

    @api.depends("partner_id")
    def _compute_account_holder_name(self):
        for account in self:
            account.acc_holder_name = account.partner_id.name

    @api.model
    def retrieve_acc_type(self, acc_number):
        """The kind of an account number."""
        return "bank"

    @api.depends("acc_number", "bank_id")
    def _compute_display_name(self):
        for account in self:
            account.display_name = (
                f"{account.acc_number} - {account.bank_id.name}" if account.bank_id else account.acc_number
            )
