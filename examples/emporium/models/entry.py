"""Entries of a journal: balanced in their own currency, converted at the rate of their day when they are posted."""

from fondaco.addon import Command, _, api, fields, models
from fondaco.errors import UserError


class Tax(models.Model):
    _name = "emporium.tax"
    _description = "Tax"
    _order = "code"
    _rec_name = "code"
    _sql_constraints = [("code_once", "UNIQUE (code)", "Another tax has this code.")]

    code = fields.Char(required=True)
    percent = fields.Float(digits=(6, 3), required=True)
    account = fields.Char(required=True)

    def write(self, vals):
        used = [("tax_id", "in", self.ids), ("entry_id.state", "=", "posted")]
        if "percent" in vals and self.env["emporium.entry.line"].sudo().search_count(used, limit=1):
            raise UserError(_("Posted entries have this tax: make another one for the new percentage."))
        return super().write(vals)


class Entry(models.Model):
    _name = "emporium.entry"
    _description = "Entry of the Journal"
    _order = "date desc, id desc"
    _check_company_auto = True
    _sql_constraints = [("name_once", "UNIQUE (name, company_id)", "Another entry has this number.")]

    name = fields.Char(string="Number", required=True, copy=False)
    date = fields.Date(required=True, default=fields.Date.context_today)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    rate = fields.Float(digits=0, readonly=True, copy=False, help="Of the entry's currency for one of the company's.")
    line_ids = fields.One2many("emporium.entry.line", "entry_id", copy=True)
    state = fields.Selection(
        [("draft", "Draft"), ("posted", "Posted")], required=True, default="draft", readonly=True, copy=False
    )
    export_id = fields.Many2one("emporium.export", readonly=True, copy=False, index=True, ondelete="restrict")

    # -- taxes ----------------------------------------------------------------------------------------------------

    def _taxes(self):
        """Tax -> what it is on the lines that name it: the percentage of their sum, rounded once, half a step up."""
        self.ensure_one()
        based = self.line_ids.filtered(lambda line: line.tax_id and not line.is_tax)
        return {
            tax: self.currency_id.round(sum(lines.mapped("amount")) * tax.percent / 100)
            for tax, lines in based.grouped("tax_id").items()
        }

    def fill_taxes(self):
        """Put the lines of the taxes anew, from the lines that name one."""
        for entry in self:
            entry.line_ids.filtered("is_tax").unlink()
            entry.line_ids = [
                Command.create(
                    {"account": tax.account, "name": tax.code, "amount": amount, "tax_id": tax.id, "is_tax": True}
                )
                for tax, amount in entry._taxes().items()
            ]

    # -- posting --------------------------------------------------------------------------------------------------

    def post(self):
        """From now on the entry counts, in the company's currency at the rate of its day, and stays as it is."""
        for entry in self:
            if entry.state == "posted":
                raise UserError(_("%s is posted already.", entry.name))
            entry._check_amounts()
            rate = entry._rate_of_the_day()
            for line, balance in entry._balances():
                line.balance = balance
            super(Entry, entry).write({"rate": rate, "state": "posted"})

    def _check_amounts(self):
        currency = self.currency_id
        if not self.line_ids:
            raise UserError(_("%s has no lines.", self.name))
        difference = sum(self.line_ids.mapped("amount"))
        if not currency.is_zero(difference):
            raise UserError(
                _(
                    "%(entry)s: debit and credit differ by %(amount)s.",
                    entry=self.name,
                    amount=currency.format(difference),
                )
            )
        expected = self._taxes()
        for tax in self.line_ids.tax_id:
            lines = self.line_ids.filtered(lambda line, tax=tax: line.is_tax and line.tax_id == tax)
            found, right = sum(lines.mapped("amount")), expected.get(tax, 0.0)
            if currency.compare_amounts(found, right):
                raise UserError(
                    _(
                        "%(entry)s: tax %(tax)s is %(found)s, expected %(expected)s. Fill in the taxes again.",
                        entry=self.name,
                        tax=tax.code,
                        found=currency.format(found),
                        expected=currency.format(right),
                    )
                )

    def _rate_of_the_day(self):
        own = self.company_id.currency_id
        if self.currency_id == own:
            return 1.0
        # without a rate that old, a conversion would take the first of later days, or 1
        known = [
            ("currency_id", "=", self.currency_id.id),
            ("name", "<=", self.date),
            ("company_id", "in", [False, self.company_id.root_id.id]),
        ]
        if not self.env["res.currency.rate"].search_count(known, limit=1):
            raise UserError(
                _(
                    "%(currency)s has no rate on %(date)s or before. Enter one.",
                    currency=self.currency_id.name,
                    date=self.date,
                )
            )
        return own._convert(1.0, self.currency_id, self.company_id, self.date, round=False)

    def _balances(self):
        """(line, amount in the company's currency) of each; the largest line takes what the rounding of all leaves."""
        own = self.company_id.currency_id
        balances = {
            line: self.currency_id._convert(line.amount, own, self.company_id, self.date) for line in self.line_ids
        }
        largest = max(balances, key=lambda line: (abs(line.amount), -line.id))
        balances[largest] = own.round(balances[largest] - sum(balances.values()))
        return balances.items()

    # -- what is posted stays -------------------------------------------------------------------------------------

    @api.constrains("state", "line_ids")
    def _check_balance(self):
        for entry in self.filtered(lambda entry: entry.state == "posted"):
            if not entry.company_id.currency_id.is_zero(sum(entry.line_ids.mapped("balance"))):
                raise UserError(_("%s is not balanced: post it by its button.", entry.name))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_posting(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_draft()
        self._refuse_posting(vals)
        return super().write(vals)

    def _refuse_posting(self, vals):
        if vals.get("state", "draft") != "draft" or vals.get("rate"):
            raise UserError(_("Post an entry by its button: it finds the rate of the day and checks what adds up."))

    def _mark(self, export):
        """Note with which export posted entries leave, which is all that may change on them."""
        super().write({"export_id": export.id})

    @api.ondelete(at_uninstall=False)
    def _check_draft(self):
        if posted := self.filtered(lambda entry: entry.state == "posted"):
            raise UserError(_("%s is posted and stays as it is: reverse it by another entry.", posted[0].name))


class Line(models.Model):
    _name = "emporium.entry.line"
    _description = "Line of an Entry"
    _order = "entry_id, id"

    entry_id = fields.Many2one("emporium.entry", required=True, ondelete="cascade", index=True)
    account = fields.Char(required=True)
    name = fields.Char(string="Text")
    partner_id = fields.Many2one("res.partner")
    amount = fields.Monetary(required=True, help="Debit is positive, credit negative.")
    tax_id = fields.Many2one("emporium.tax", ondelete="restrict")
    is_tax = fields.Boolean(string="Is the Tax")
    balance = fields.Monetary(currency_field="company_currency_id", readonly=True, copy=False)
    currency_id = fields.Many2one(related="entry_id.currency_id")
    company_currency_id = fields.Many2one(related="entry_id.company_id.currency_id", string="Currency of the Company")

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.entry_id._check_draft()
        return lines

    def write(self, vals):
        self.entry_id._check_draft()
        done = super().write(vals)
        self.entry_id._check_draft()  # nor may they come to one that is posted
        return done

    @api.ondelete(at_uninstall=False)
    def _check_draft(self):
        self.entry_id._check_draft()
