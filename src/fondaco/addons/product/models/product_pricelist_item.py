"""One rule of a pricelist: for which products it holds, and how it makes the price."""

from __future__ import annotations

from fondaco.addon import api, fields, models
from fondaco.errors import ValidationError
from fondaco.values.floats import float_round


class ProductPricelistItem(models.Model):
    _name = "product.pricelist.item"
    _description = "Pricelist Rule"
    _check_company_auto = True
    _order = "applied_on, min_quantity desc, categ_id desc, id desc"

    pricelist_id = fields.Many2one(
        "product.pricelist",
        string="Pricelist",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self._default_pricelist_id(),
    )
    company_id = fields.Many2one("res.company", string="Company", related="pricelist_id.company_id", store=True)
    currency_id = fields.Many2one("res.currency", string="Currency", related="pricelist_id.currency_id", store=True)
    date_start = fields.Datetime(string="Start Date")
    date_end = fields.Datetime(string="End Date")
    min_quantity = fields.Float(string="Min. Quantity", default=0, digits="Product Unit of Measure")
    applied_on = fields.Selection(
        selection=[
            ("3_global", "All Products"),
            ("2_product_category", "Product Category"),
            ("1_product", "Product"),
            ("0_product_variant", "Product Variant"),
        ],
        string="Apply On",
        required=True,
        default="3_global",
    )
    display_applied_on = fields.Selection(
        selection=[
            ("1_product", "Product"),
            ("2_product_category", "Category"),
        ],
        string="Display Applied On",
        required=True,
        default="1_product",
    )
    categ_id = fields.Many2one("product.category", string="Category", ondelete="cascade")
    product_tmpl_id = fields.Many2one("product.template", string="Product", ondelete="cascade", check_company=True)
    product_id = fields.Many2one(
        "product.product",
        string="Variant",
        ondelete="cascade",
        domain="[('product_tmpl_id', '=', product_tmpl_id)]",
        check_company=True,
    )
    product_uom = fields.Char(string="Unit of Measure Name", related="product_tmpl_id.uom_name", translate=True)
    product_variant_count = fields.Integer(string="# Product Variants", related="product_tmpl_id.product_variant_count")
    base = fields.Selection(
        selection=[
            ("list_price", "Sales Price"),
            ("standard_price", "Cost"),
            ("pricelist", "Other Pricelist"),
        ],
        string="Based on",
        required=True,
        default="list_price",
    )
    base_pricelist_id = fields.Many2one("product.pricelist", string="Other Pricelist", check_company=True)
    compute_price = fields.Selection(
        selection=[
            ("percentage", "Discount"),
            ("formula", "Formula"),
            ("fixed", "Fixed Price"),
        ],
        string="Compute Price",
        required=True,
        index=True,
        default="fixed",
    )
    fixed_price = fields.Float(string="Fixed Price", digits="Product Price")
    percent_price = fields.Float(string="Percentage Price")
    price_discount = fields.Float(string="Price Discount", default=0, digits=(16, 2))
    price_round = fields.Float(string="Price Rounding", digits="Product Price")
    price_surcharge = fields.Float(string="Extra Fee", digits="Product Price")
    price_markup = fields.Float(string="Markup", default=0, digits=(16, 2))
    price_min_margin = fields.Float(string="Min. Price Margin", digits="Product Price")
    price_max_margin = fields.Float(string="Max. Price Margin", digits="Product Price")
    name = fields.Char(string="Name", compute="_compute_name")
    price = fields.Char(string="Price", compute="_compute_price_label")
    rule_tip = fields.Char(string="Rule Tip", compute="_compute_rule_tip")

    def _default_pricelist_id(self):
        return self.env["product.pricelist"].search(
            ["|", ("company_id", "=", False), ("company_id", "=", self.env.company.id)], limit=1
        )

    @api.depends("applied_on", "categ_id", "product_tmpl_id", "product_id")
    def _compute_name(self):
        for item in self:
            if item.categ_id and item.applied_on == "2_product_category":
                item.name = self.env._("Category: %s", item.categ_id.display_name)
            elif item.product_tmpl_id and item.applied_on == "1_product":
                item.name = self.env._("Product: %s", item.product_tmpl_id.display_name)
            elif item.product_id and item.applied_on == "0_product_variant":
                item.name = self.env._("Variant: %s", item.product_id.display_name)
            else:
                item.name = self.env._("All Products")

    @api.depends(
        "compute_price",
        "fixed_price",
        "pricelist_id",
        "percent_price",
        "price_discount",
        "price_markup",
        "price_surcharge",
        "base",
        "base_pricelist_id",
    )
    def _compute_price_label(self):
        for item in self:
            if item.compute_price == "fixed":
                item.price = item.currency_id.format(item.fixed_price) if item.currency_id else str(item.fixed_price)
            elif item.compute_price == "percentage":
                item.price = self.env._("%s %% discount", item.percent_price)
            else:
                item.price = self.env._(
                    "%(discount)s %% discount and %(extra)s extra",
                    discount=item.price_discount,
                    extra=item.price_surcharge,
                )

    @api.depends("compute_price", "price_discount", "price_surcharge", "base", "price_round")
    def _compute_rule_tip(self):
        for item in self:
            item.rule_tip = False
            if item.compute_price != "formula":
                continue
            base = dict(item._fields["base"].get_values_pairs(self.env)).get(item.base, "")
            item.rule_tip = self.env._(
                "%(base)s with a discount of %(discount)s %% and %(extra)s extra, rounded to %(round)s",
                base=base,
                discount=item.price_discount,
                extra=item.price_surcharge,
                round=item.price_round or self.env._("nothing"),
            )

    @api.constrains("base_pricelist_id", "pricelist_id", "base")
    def _check_pricelist_recursion(self):
        for item in self.filtered(lambda item: item.base == "pricelist"):
            above, seen = item.base_pricelist_id, item.pricelist_id.browse()
            while above:
                if item.pricelist_id in above:
                    raise ValidationError(
                        self.env._("“%s” would be computed from its own prices.", item.pricelist_id.display_name)
                    )
                seen |= above
                rules = self.sudo().search([("pricelist_id", "in", above.ids), ("base", "=", "pricelist")])
                above = rules.base_pricelist_id - seen

    @api.constrains("date_start", "date_end")
    def _check_date_range(self):
        for item in self:
            if item.date_start and item.date_end and item.date_start >= item.date_end:
                raise ValidationError(
                    self.env._("%(name)s: the end must be later than the start.", name=item.display_name)
                )

    @api.constrains("price_min_margin", "price_max_margin")
    def _check_margin(self):
        if any(item.price_min_margin > item.price_max_margin for item in self):
            raise ValidationError(self.env._("The lowest margin must not be above the highest."))

    @api.constrains("product_id", "product_tmpl_id", "categ_id", "applied_on")
    def _check_product_consistency(self):
        wanted = {"2_product_category": "categ_id", "1_product": "product_tmpl_id", "0_product_variant": "product_id"}
        for item in self:
            name = wanted.get(item.applied_on)
            if name and not item[name]:
                raise ValidationError(self.env._("Say for which %s the rule holds.", item._fields[name].string))

    def _completed(self, values):
        """Values whose targets agree with what the rule is applied on."""
        values = dict(values)
        self._even_markup(values)
        if values.get("product_id") and not values.get("product_tmpl_id"):
            values["product_tmpl_id"] = self.env["product.product"].browse(values["product_id"]).product_tmpl_id.id
        applied = values.get("applied_on")
        if applied == "3_global":
            values.update(product_id=None, product_tmpl_id=None, categ_id=None)
        elif applied == "2_product_category":
            values.update(product_id=None, product_tmpl_id=None)
        elif applied == "1_product":
            values.update(product_id=None, categ_id=None)
        elif applied == "0_product_variant":
            values.update(categ_id=None)
        return values

    def _even_markup(self, values):
        """A markup is a discount below zero; where both are given and differ, the cost is marked up, prices fall."""
        if "price_markup" in values and ("price_discount" not in values or values.get("base") == "standard_price"):
            values["price_discount"] = 0.0 - (values["price_markup"] or 0.0)
        elif "price_discount" in values:
            values["price_markup"] = 0.0 - (values["price_discount"] or 0.0)

    @api.onchange("price_markup")
    def _onchange_price_markup(self):
        self.price_discount = 0.0 - self.price_markup

    @api.onchange("price_discount")
    def _onchange_price_discount(self):
        self.price_markup = 0.0 - self.price_discount

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._completed(values) for values in vals_list])

    def write(self, values):
        return super().write(self._completed(values))

    # -- prices
    def _is_applicable_for(self, product, qty_in_product_uom):
        """Whether the rule holds for that much of the template or variant."""
        self.ensure_one()
        if self.min_quantity and qty_in_product_uom < self.min_quantity:
            return False
        if self.applied_on == "2_product_category":
            return product.categ_id == self.categ_id or product.categ_id.parent_path.startswith(
                self.categ_id.parent_path
            )
        if product._name == "product.template":
            if self.applied_on == "1_product":
                return product == self.product_tmpl_id
            return self.applied_on != "0_product_variant" or (
                product.product_variant_count == 1 and product.product_variant_id == self.product_id
            )
        if self.applied_on == "1_product":
            return product.product_tmpl_id == self.product_tmpl_id
        return self.applied_on != "0_product_variant" or product == self.product_id

    def _compute_price(self, product, quantity, uom, date, currency=None):
        """The price of one `uom` of the product; without a rule, its sales price."""
        self and self.ensure_one()
        currency = currency or self.currency_id or self.env.company.currency_id
        convert = lambda amount: product.uom_id._compute_price(amount, uom)  # noqa: E731
        if self.compute_price == "fixed":
            return convert(self.fixed_price)
        base = self._compute_base_price(product, quantity, uom, date, currency)
        if self.compute_price == "percentage":
            return base - base * (self.percent_price / 100)
        if self.compute_price != "formula":
            return base
        price = base - base * (self.price_discount / 100)
        if self.price_round:
            price = float_round(price, precision_rounding=self.price_round)
        if self.price_surcharge:
            price += convert(self.price_surcharge)
        if self.price_min_margin:
            price = max(price, base + convert(self.price_min_margin))
        if self.price_max_margin:
            price = min(price, base + convert(self.price_max_margin))
        return price

    def _compute_base_price(self, product, quantity, uom, date, currency):
        """What the rule starts from, in `currency`."""
        if self.base == "pricelist" and self.base_pricelist_id:
            price = self.base_pricelist_id._get_product_price(
                product, quantity, currency=self.base_pricelist_id.currency_id, uom=uom, date=date
            )
            source = self.base_pricelist_id.currency_id
        else:
            # Addons add to the choice of what a rule starts from, and say in `_price_compute` what that is.
            base = self.base if self.base and self.base != "pricelist" else "list_price"
            source = product.cost_currency_id if base == "standard_price" else product.currency_id
            price = product._price_compute(base, uom=uom, date=date)[product.id]
        return source._convert(price, currency, self.env.company, date, round=False) if source != currency else price
