"""Which currencies there are, how amounts are rounded and written, and at which rate one becomes another."""

from __future__ import annotations

import math

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError, ValidationError
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL
from fondaco.values.floats import float_compare, float_is_zero, float_round

from .amount_words import amount_in_words


class Currency(models.Model):
    _name = "res.currency"
    _description = "Currency"
    _order = "active desc, name"
    _rec_names_search = ["name", "full_name"]
    _sql_constraints = [
        ("unique_name", "unique (name)", "The currency code must be unique."),
        ("rounding_gt_zero", "CHECK (rounding>0)", "The rounding factor must be greater than zero."),
    ]

    name = fields.Char(string="Currency", required=True, size=3)
    iso_numeric = fields.Integer(string="Currency numeric code.")
    full_name = fields.Char(string="Name")
    symbol = fields.Char(string="Symbol", required=True)
    rate = fields.Float(string="Current Rate", compute="_compute_current_rate", digits=0)
    inverse_rate = fields.Float(string="Inverse Rate", compute="_compute_current_rate", digits=0)
    rate_string = fields.Char(string="Rate String", compute="_compute_current_rate")
    rate_ids = fields.One2many("res.currency.rate", "currency_id", string="Rates")
    rounding = fields.Float(string="Rounding Factor", default=0.01, digits=(12, 6))
    decimal_places = fields.Integer(string="Decimal Places", compute="_compute_decimal_places", store=True)
    active = fields.Boolean(string="Active", default=True)
    position = fields.Selection(
        selection=[
            ("after", "After Amount"),
            ("before", "Before Amount"),
        ],
        string="Symbol Position",
        default="after",
    )
    date = fields.Date(string="Date", compute="_compute_date")
    currency_unit_label = fields.Char(string="Currency Unit", translate=True)
    currency_subunit_label = fields.Char(string="Currency Subunit", translate=True)
    is_current_company_currency = fields.Boolean(
        string="Is Current Company Currency",
        compute="_compute_is_current_company_currency",
    )

    @api.model_create_multi
    def create(self, vals_list):
        currencies = super().create(vals_list)
        self._toggle_group_multi_currency()
        self.env.registry.clear_cache()
        return currencies

    def unlink(self):
        done = super().unlink()
        self._toggle_group_multi_currency()
        self.env.registry.clear_cache()
        return done

    def write(self, vals):
        done = super().write(vals)
        if vals.keys() & {"active", "digits", "position", "symbol", "name", "rounding"}:
            self.env.registry.clear_cache()
        if "active" in vals:
            self._toggle_group_multi_currency()
        return done

    @api.model
    def _toggle_group_multi_currency(self):
        """Give everybody the multi-currency features once two currencies are active, take them when one is left."""
        active = self.search_count([("active", "=", True)])
        group = self.env.ref("base.group_multi_currency", raise_if_not_found=False)
        users = self.env.ref("base.group_user", raise_if_not_found=False)
        if not group or not users:
            return
        if active > 1:
            users.sudo()._apply_group(group)
        else:
            users.sudo()._remove_group(group.sudo())

    @api.constrains("active")
    def _check_company_currency_stays_active(self):
        if self.env.context.get("install_mode") or self.env.context.get("force_deactivate"):
            return
        inactive = self.filtered(lambda currency: not currency.active)
        if inactive and self.env["res.company"].search_count([("currency_id", "in", inactive.ids)], limit=1):
            raise UserError(_("This is the currency of a company: it stays active."))

    # -- rates ----------------------------------------------------------------------------------------------------

    def _get_rates(self, company, date):
        """Id -> rate of the currencies on a day; before its first rate a currency has that one, without any 1."""
        if not self.ids:
            return {}
        self.env["res.currency.rate"].flush_model(["rate", "currency_id", "company_id", "name"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id, COALESCE(
                       (SELECT r.rate FROM res_currency_rate r
                         WHERE r.currency_id = c.id AND r.name <= %s AND (r.company_id IS NULL OR r.company_id = %s)
                         ORDER BY r.company_id, r.name DESC LIMIT 1),
                       (SELECT r.rate FROM res_currency_rate r
                         WHERE r.currency_id = c.id AND (r.company_id IS NULL OR r.company_id = %s)
                         ORDER BY r.company_id, r.name LIMIT 1),
                       1.0)::float8
                  FROM res_currency c
                 WHERE c.id = ANY(%s)
                """,
                fields.Date.to_date(date),
                company.root_id.id or None,
                company.root_id.id or None,
                list(self.ids),
            )
        )
        return dict(rows)

    @api.depends_context("company")
    def _compute_is_current_company_currency(self):
        for currency in self:
            currency.is_current_company_currency = self.env.company.root_id.currency_id == currency

    @api.depends("rate_ids.rate")
    @api.depends_context("to_currency", "date", "company", "company_id")
    def _compute_current_rate(self):
        day = self.env.context.get("date") or fields.Date.context_today(self)
        company = self.env["res.company"].browse(self.env.context.get("company_id")) or self.env.company
        company = company.root_id
        to_currency = self.browse(self.env.context.get("to_currency")) or company.currency_id
        rates = (self + to_currency)._get_rates(company, day)
        for currency in self:
            currency.rate = (rates.get(currency._origin.id) or 1.0) / (rates.get(to_currency.id) or 1.0)
            currency.inverse_rate = 1 / currency.rate
            if currency != company.currency_id:
                currency.rate_string = f"1 {to_currency.name} = {currency.rate:.6f} {currency.name}"
            else:
                currency.rate_string = ""

    @api.depends("rounding")
    def _compute_decimal_places(self):
        for currency in self:
            step = currency.rounding
            places = max(0, math.ceil(-math.log10(step) - 1e-9)) if 0 < step < 1 else 0
            currency.decimal_places = places

    @api.depends("rate_ids.name")
    def _compute_date(self):
        for currency in self:
            currency.date = currency.rate_ids[:1].name

    @api.model
    def _get_conversion_rate(self, from_currency, to_currency, company=None, date=None):
        """What one unit of a currency is worth in another on a day."""
        if from_currency == to_currency:
            return 1
        company = company or self.env.company
        day = date or fields.Date.context_today(self)
        return from_currency.with_company(company).with_context(to_currency=to_currency.id, date=str(day)).inverse_rate

    def _convert(self, from_amount, to_currency, company=None, date=None, round=True):  # noqa: A002 - documented name
        """An amount of this currency in another one, at the rate of a day."""
        source, target = self or to_currency, to_currency or self
        if not source or not target:
            raise AssertionError("res.currency._convert: a currency to convert from or to is missing")
        if not from_amount:
            return 0.0
        amount = from_amount * self._get_conversion_rate(source, target, company, date)
        return target.round(amount) if round else amount

    # -- amounts --------------------------------------------------------------------------------------------------

    def round(self, amount):
        """An amount rounded to what the currency can pay."""
        self.ensure_one()
        return float_round(amount, precision_rounding=self.rounding)

    def compare_amounts(self, amount1, amount2):
        """-1, 0 or 1 as the first is less than, equal to or more than the second, once rounded."""
        self.ensure_one()
        return float_compare(amount1, amount2, precision_rounding=self.rounding)

    def is_zero(self, amount):
        """Whether an amount is nothing once rounded."""
        self.ensure_one()
        return float_is_zero(amount, precision_rounding=self.rounding)

    def format(self, amount):
        """An amount as the reader's language writes it, with the symbol."""
        self.ensure_one()
        lang = self.env["res.lang"]._lang_get(self.env.lang or "en_US") or self.env["res.lang"].search([], limit=1)
        number = lang.format(f"%.{self.decimal_places}f", self.round(amount) + 0.0, grouping=True)
        number = number.replace(" ", "\N{NO-BREAK SPACE}")
        symbol = self.symbol or ""
        return (
            f"{symbol}\N{NO-BREAK SPACE}{number}"
            if self.position == "before"
            else f"{number}\N{NO-BREAK SPACE}{symbol}"
        )

    def amount_to_text(self, amount):
        """An amount in words."""
        self.ensure_one()
        return amount_in_words(
            amount,
            self.decimal_places,
            self.currency_unit_label or "",
            self.currency_subunit_label or "",
            self.env.lang or "en_US",
        )

    @api.model
    @ormcache()
    def _get_fields_of_all(self):
        """Id -> what a client needs to write amounts of each active currency."""
        return {
            currency.id: {
                "symbol": currency.symbol,
                "position": currency.position,
                "digits": [69, currency.decimal_places],
            }
            for currency in self.sudo().search([])
        }

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, (self.env.company or self.env.company.root_id).currency_id.name)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """The columns of rates are called by the currencies they compare."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type in ("list", "form"):
            name = (
                self.env["res.company"].browse(self.env.context.get("company_id")) or self.env.company.root_id
            ).currency_id.name
            for field, label in (
                ("company_rate", _("Unit per %s", name)),
                ("inverse_company_rate", _("%s per Unit", name)),
            ):
                for node in arch.iterfind(f".//list//field[@name='{field}']"):
                    node.set("string", label)
        return arch, view


class CurrencyRate(models.Model):
    _name = "res.currency.rate"
    _description = "Currency Rate"
    _order = "name desc"
    _rec_names_search = ["name", "rate"]
    _sql_constraints = [
        ("unique_name_per_day", "unique (name,currency_id,company_id)", "Only one currency rate per day is allowed."),
        ("currency_rate_check", "CHECK (rate>0)", "The currency rate must be strictly positive."),
    ]

    name = fields.Date(string="Date", required=True, index=True, default=fields.Date.context_today)
    rate = fields.Float(string="Technical Rate", digits=0, aggregator="avg")
    company_rate = fields.Float(
        string="Company Rate",
        compute="_compute_company_rate",
        inverse="_inverse_company_rate",
        digits=0,
        aggregator="avg",
    )
    inverse_company_rate = fields.Float(
        string="Inverse Company Rate",
        compute="_compute_inverse_company_rate",
        inverse="_inverse_inverse_company_rate",
        digits=0,
        aggregator="avg",
    )
    currency_id = fields.Many2one("res.currency", string="Currency", readonly=True, required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", string="Company", default=lambda self: self.env.company.root_id)

    def _sanitize_vals(self, vals):
        """Of several ways to say a rate the plainest wins."""
        vals = dict(vals)
        if "inverse_company_rate" in vals and ("company_rate" in vals or "rate" in vals):
            del vals["inverse_company_rate"]
        if "company_rate" in vals and "rate" in vals:
            del vals["company_rate"]
        return vals

    def write(self, vals):
        self.env["res.currency"].invalidate_model(["inverse_rate"])
        return super().write(self._sanitize_vals(vals))

    @api.model_create_multi
    def create(self, vals_list):
        self.env["res.currency"].invalidate_model(["inverse_rate"])
        return super().create([self._sanitize_vals(vals) for vals in vals_list])

    def _get_latest_rate(self):
        """The rate before this one, or the first there is."""
        if not self.name:
            raise UserError(_("Give the day of the rate first."))
        rates = self.currency_id.rate_ids.sudo().filtered(
            lambda rate: (
                rate.rate
                and rate.company_id in (self.company_id or self.env.company.root_id, self.env["res.company"])
                and rate.name < self.name
            )
        )
        return rates.sorted("name")[-1:]

    def _get_last_rates_for_companies(self, companies):
        """Company -> rate of its own currency, latest first; 1 when there is none."""
        return {
            company: company.sudo()
            .currency_id.rate_ids.filtered(
                lambda rate, company=company: rate.rate and (rate.company_id == company or not rate.company_id)
            )
            .sorted("name")[-1:]
            .rate
            or 1
            for company in companies
        }

    @api.depends("rate", "name", "currency_id", "company_id", "currency_id.rate_ids.rate")
    @api.depends_context("company")
    def _compute_company_rate(self):
        last = self._get_last_rates_for_companies(self.company_id | self.env.company.root_id)
        for rate in self:
            company = rate.company_id or self.env.company.root_id
            rate.company_rate = (rate.rate or rate._latest_or_one()) / last[company]

    def _latest_or_one(self):
        return (self.name and self._get_latest_rate().rate) or 1.0

    @api.onchange("company_rate")
    def _inverse_company_rate(self):
        last = self._get_last_rates_for_companies(self.company_id | self.env.company.root_id)
        for rate in self:
            company = rate.company_id or self.env.company.root_id
            rate.rate = rate.company_rate * last[company]

    @api.depends("company_rate")
    def _compute_inverse_company_rate(self):
        for rate in self:
            if not rate.company_rate:
                rate.company_rate = 1.0
            rate.inverse_company_rate = 1.0 / rate.company_rate

    @api.onchange("inverse_company_rate")
    def _inverse_inverse_company_rate(self):
        for rate in self:
            if not rate.inverse_company_rate:
                rate.inverse_company_rate = 1.0
            rate.company_rate = 1.0 / rate.inverse_company_rate

    @api.onchange("company_rate")
    def _onchange_rate_warning(self):
        latest = self._get_latest_rate() if self.name else self
        if latest and latest != self and latest.rate and abs(latest.rate - self.rate) / latest.rate > 0.2:
            return {
                "warning": {
                    "title": _("Warning for %s", self.currency_id.name),
                    "message": _("This rate differs much from the one before: make sure that it is right."),
                }
            }
        return None

    @api.constrains("company_id")
    def _check_company_id(self):
        for rate in self:
            if rate.company_id.sudo().parent_id:
                raise ValidationError(_("Branches have the rates of their company."))

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self.env.company.root_id.currency_id.name)
