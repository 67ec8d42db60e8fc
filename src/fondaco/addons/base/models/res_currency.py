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
        ("unique_name", "unique (name)", "Another currency has this code."),
        ("rounding_gt_zero", "CHECK (rounding>0)", "Amounts are rounded to a step of more than zero."),
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
        self._switch_multi_currency()
        self.env.registry.clear_cache()
        return currencies

    def unlink(self):
        done = super().unlink()
        self._switch_multi_currency()
        self.env.registry.clear_cache()
        return done

    def _load_records_write(self, values):
        """An upgrade of base leaves the currencies in use that people use, and what they call their units."""
        if self.env.context.get("install_module") != "base":
            return super()._load_records_write(values)
        own = {"active"} | {name for name in ("currency_unit_label", "currency_subunit_label") if self[name]}
        return super()._load_records_write({name: value for name, value in values.items() if name not in own})

    def write(self, vals):
        done = super().write(vals)
        if vals.keys() & {"active", "digits", "position", "symbol", "name", "rounding"}:
            self.env.registry.clear_cache()
        if "active" in vals:
            self._switch_multi_currency()
        return done

    @api.model
    def _switch_multi_currency(self):
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
    def _check_not_of_a_company(self):
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
        day, root_id = fields.Date.to_date(date), company.root_id.id or None
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (currency_id) currency_id, rate::float8
                  FROM res_currency_rate
                 WHERE currency_id = ANY(%s) AND (company_id IS NULL OR company_id = %s)
                 ORDER BY currency_id, name > %s, company_id NULLS LAST, abs(name - %s)
                """,
                list(self.ids),
                root_id,
                day,
                day,
            )
        )
        return dict.fromkeys(self.ids, 1.0) | {currency_id: rate for currency_id, rate in rows if rate is not None}

    @api.depends_context("company")
    def _compute_is_current_company_currency(self):
        for currency in self:
            currency.is_current_company_currency = self.env.company.root_id.currency_id == currency

    @api.depends("rate_ids.rate")
    @api.depends_context("to_currency", "date", "company", "company_id")
    def _compute_current_rate(self):
        asked = self.env.context
        company = (self.env["res.company"].browse(asked.get("company_id")) or self.env.company).root_id
        measure = self.browse(asked.get("to_currency")) or company.currency_id
        rates = (self + measure)._get_rates(company, asked.get("date") or fields.Date.context_today(self))
        for currency in self:
            currency.rate = (rates.get(currency._origin.id) or 1.0) / (rates.get(measure.id) or 1.0)
            currency.inverse_rate = 1 / currency.rate
            is_own = currency == company.currency_id
            currency.rate_string = "" if is_own else f"1 {measure.name} = {currency.rate:.6f} {currency.name}"

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
            self.currency_unit_label or self.name,
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
                ("company_rate", _("For 1 %s", name)),
                ("inverse_company_rate", _("In %s", name)),
            ):
                for node in arch.iterfind(f".//list//field[@name='{field}']"):
                    node.set("string", label)
        return arch, view


# A rate is kept as `rate`; it may be given in two other ways.
WAYS_TO_SAY = ("rate", "company_rate", "inverse_company_rate")
JUMP = 0.2  # share by which a rate differs from the one before when a warning is due


def last_of(rates, company):
    """The latest of the rates that are the company's or everybody's."""
    return rates.filtered(lambda rate: rate.rate and rate.company_id in (company, company.browse())).sorted("name")[-1:]


class CurrencyRate(models.Model):
    _name = "res.currency.rate"
    _description = "Currency Rate"
    _order = "name desc"
    _rec_names_search = ["name", "rate"]
    _sql_constraints = [
        ("unique_name_per_day", "unique (name,currency_id,company_id)", "This day has a rate: change that one."),
        ("currency_rate_check", "CHECK (rate>0)", "A rate is more than zero."),
    ]

    name = fields.Date(string="Date", required=True, index=True, default=fields.Date.context_today)
    rate = fields.Float(string="Technical Rate", digits=0, aggregator="avg")
    company_rate = fields.Float(
        string="Company Rate",
        compute="_compute_company_rate",
        inverse="_set_company_rate",
        digits=0,
        aggregator="avg",
    )
    inverse_company_rate = fields.Float(
        string="Inverse Company Rate",
        compute="_compute_inverse_company_rate",
        inverse="_set_inverse_company_rate",
        digits=0,
        aggregator="avg",
    )
    currency_id = fields.Many2one("res.currency", string="Currency", readonly=True, required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", string="Company", default=lambda self: self.env.company.root_id)

    def _plainest(self, vals):
        """Values in which a rate is said once: where it was said in several ways the plainest counts."""
        said = [name for name in WAYS_TO_SAY if name in vals]
        return {name: value for name, value in vals.items() if name not in said[1:]}

    def write(self, vals):
        self.env["res.currency"].invalidate_model(["inverse_rate"])
        return super().write(self._plainest(vals))

    @api.model_create_multi
    def create(self, vals_list):
        self.env["res.currency"].invalidate_model(["inverse_rate"])
        return super().create([self._plainest(vals) for vals in vals_list])

    def _company(self):
        """The company that the rate is for, or at hand."""
        return self.company_id or self.env.company.root_id

    def _before(self):
        """The rate of the currency that this one follows; none where it is the first."""
        if not self.name:
            raise UserError(_("Give the day of the rate first."))
        return last_of(self.currency_id.sudo().rate_ids.filtered(lambda rate: rate.name < self.name), self._company())

    def _measure(self):
        """Latest rate of the company's own currency, in which `company_rate` is told."""
        company = self._company()
        return last_of(company.sudo().currency_id.rate_ids, company).rate or 1.0

    @api.depends("rate", "name", "currency_id", "company_id", "currency_id.rate_ids.rate")
    @api.depends_context("company")
    def _compute_company_rate(self):
        for rate in self:
            own = rate.rate or (rate.name and rate._before().rate) or 1.0
            rate.company_rate = own / rate._measure()

    @api.onchange("company_rate")
    def _set_company_rate(self):
        for rate in self:
            rate.rate = rate.company_rate * rate._measure()

    @api.depends("company_rate")
    def _compute_inverse_company_rate(self):
        for rate in self:
            rate.company_rate = rate.company_rate or 1.0
            rate.inverse_company_rate = 1.0 / rate.company_rate

    @api.onchange("inverse_company_rate")
    def _set_inverse_company_rate(self):
        for rate in self:
            rate.inverse_company_rate = rate.inverse_company_rate or 1.0
            rate.company_rate = 1.0 / rate.inverse_company_rate

    @api.onchange("company_rate")
    def _warn_of_a_jump(self):
        before = self._before().rate if self.name else 0.0
        if not before or abs(self.rate / before - 1) <= JUMP:
            return None
        title = _("The rate of %s", self.currency_id.name)
        message = _("It differs much from the rate before: make sure that no figure is missing.")
        return {"warning": {"title": title, "message": message}}

    @api.constrains("company_id")
    def _check_company_id(self):
        for rate in self:
            if rate.company_id.sudo().parent_id:
                raise ValidationError(_("Branches have the rates of their company."))

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self.env.company.root_id.currency_id.name)
