"""What does a product cost for whom, when, and from which quantity?"""

from __future__ import annotations

from fondaco.addon import api, fields, models
from fondaco.errors import ValidationError


class ProductPricelist(models.Model):
    _name = "product.pricelist"
    _description = "Pricelist"
    _order = "sequence, id, name"
    _rec_names_search = ["name", "currency_id"]

    name = fields.Char(string="Pricelist Name", required=True, translate=True)
    active = fields.Boolean(string="Active", default=True)
    sequence = fields.Integer(string="Sequence", default=16, aggregator=None)
    currency_id = fields.Many2one(
        "res.currency",
        string="Currency",
        required=True,
        default=lambda self: self._default_currency_id(),
    )
    company_id = fields.Many2one("res.company", string="Company", default=lambda self: self.env.company)
    country_group_ids = fields.Many2many(
        "res.country.group",
        "res_country_group_pricelist_rel",
        "pricelist_id",
        "res_country_group_id",
        string="Country Groups",
    )
    item_ids = fields.One2many(
        "product.pricelist.item",
        "pricelist_id",
        string="Pricelist Rules",
        copy=True,
        domain=[
            "&",
            "|",
            ("product_tmpl_id", "=", None),
            ("product_tmpl_id.active", "=", True),
            "|",
            ("product_id", "=", None),
            ("product_id.active", "=", True),
        ],
    )

    def _default_currency_id(self):
        return self.env.company.currency_id.id

    @api.depends("currency_id")
    def _compute_display_name(self):
        for pricelist in self:
            pricelist.display_name = f"{pricelist.name or self.env._('New')} ({pricelist.currency_id.name or ''})"

    def write(self, values):
        done = super().write(values)
        if "company_id" in values and len(self) == 1:
            self.item_ids._check_company()
        return done

    def copy_data(self, default=None):
        default = dict(default or {})
        result = super().copy_data(default)
        if "name" not in default:
            for pricelist, values in zip(self, result, strict=True):
                values["name"] = self.env._("%s (copy)", pricelist.name)
        return result

    def _get_products_price(self, products, *args, **kwargs):
        """{product id: price} of templates or variants."""
        self and self.ensure_one()
        return {id_: price for id_, (price, _rule) in self._compute_price_rule(products, *args, **kwargs).items()}

    def _get_product_price(self, product, *args, **kwargs):
        self and self.ensure_one()
        return self._compute_price_rule(product, *args, **kwargs)[product.id][0]

    def _get_product_price_rule(self, product, *args, **kwargs):
        """(price, rule id or False)"""
        self and self.ensure_one()
        return self._compute_price_rule(product, *args, **kwargs)[product.id]

    def _get_product_rule(self, product, *args, **kwargs):
        self and self.ensure_one()
        return self._compute_price_rule(product, *args, compute_price=False, **kwargs)[product.id][1]

    def _price_get(self, product, quantity, **kwargs):
        """{pricelist id: price} of one product in each of these pricelists, or in all."""
        prices = self._compute_price_rule_multi(product, quantity, **kwargs)[product.id]
        return {pricelist_id: price for pricelist_id, (price, _rule) in prices.items()}

    def _compute_price_rule_multi(self, products, quantity, uom=None, date=False, **kwargs):
        """{product id: {pricelist id: (price, rule id or False)}} in each of these pricelists, or in all."""
        result = {product.id: {} for product in products}
        for pricelist in self or self.search([]):
            found = pricelist._compute_price_rule(products, quantity, uom=uom, date=date, **kwargs)
            for product_id, told in found.items():
                result[product_id][pricelist.id] = told
        return result

    def _compute_price_rule(
        self, products, quantity, currency=None, uom=None, date=False, compute_price=True, **kwargs
    ):
        """{product id: (price, rule id or False)}: by the most precise rule that fits product and quantity."""
        currency = currency or self.currency_id or self.env.company.currency_id
        if not products:
            return {}
        date = date or fields.Datetime.now()
        rules = self._get_applicable_rules(products, date, **kwargs)
        result = {}
        for product in products:
            target = uom or product.uom_id
            in_product_unit = (
                target._compute_quantity(quantity, product.uom_id, raise_if_failure=False)
                if target != product.uom_id
                else quantity
            )
            suitable = next(
                (rule for rule in rules if rule._is_applicable_for(product, in_product_unit)), rules.browse()
            )
            price = (
                suitable._compute_price(product, quantity, target, date=date, currency=currency)
                if compute_price
                else 0.0
            )
            result[product.id] = (price, suitable.id)
        return result

    def _get_applicable_rules(self, products, date, **kwargs):
        """Rules of the pricelist that may hold at `date` for one of the products, the most precise first."""
        Item = self.env["product.pricelist.item"]
        if not self:
            return Item
        return (
            Item.with_context(active_test=False)
            .search(self._get_applicable_rules_domain(products, date, **kwargs))
            .with_context(self.env.context)
        )

    def _get_applicable_rules_domain(self, products, date, **kwargs):
        of_templates = products._name == "product.template"
        templates = products.ids if of_templates else products.product_tmpl_id.ids
        variants = products.product_variant_ids.ids if of_templates else products.ids
        return [
            ("pricelist_id", "=", self.id),
            "|", ("categ_id", "=", False), ("categ_id", "parent_of", products.categ_id.ids),
            "|", ("product_tmpl_id", "=", False), ("product_tmpl_id", "in", templates),
            "|", ("product_id", "=", False), ("product_id", "in", variants),
            "|", ("date_start", "=", False), ("date_start", "<=", date),
            "|", ("date_end", "=", False), ("date_end", ">=", date),
        ]  # fmt: skip

    @api.model
    def _get_partner_pricelist_multi(self, partner_ids):
        """{partner id: pricelist}: their own, else the one for their country, else the first without country."""
        partners = self.env["res.partner"].browse(partner_ids).with_context(active_test=False)
        domain = [("active", "=", True), ("company_id", "in", (self.env.company.id, False))]
        everywhere = self.search([*domain, ("country_group_ids", "=", False)], limit=1)
        result = {}
        for partner in partners.sudo():
            own = partner.specific_property_product_pricelist.filtered("active")
            by_country = (
                self.search([*domain, ("country_group_ids.country_ids", "=", partner.country_id.id)], limit=1)
                if partner.country_id
                else self.browse()
            )
            result[partner.id] = own or by_country or everywhere or self.search(domain, limit=1)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used_as_rule_base(self):
        used = (
            self.env["product.pricelist.item"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("base", "=", "pricelist"),
                    ("base_pricelist_id", "in", self.ids),
                    ("pricelist_id", "not in", self.ids),
                ]
            )
        )
        if used:
            raise ValidationError(
                self.env._(
                    "These pricelists are the base of others and cannot be deleted: %s",
                    ", ".join(used.base_pricelist_id.mapped("display_name")),
                )
            )
