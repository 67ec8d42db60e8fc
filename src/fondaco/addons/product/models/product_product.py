"""One variant of a product: what is really sold, bought or stored."""

from __future__ import annotations

from collections import defaultdict

import psycopg

from fondaco.addon import api, fields, models
from fondaco.errors import UserError, ValidationError
from fondaco.values.floats import float_compare


class ProductProduct(models.Model):
    _name = "product.product"
    _description = "Product Variant"
    _inherits = {"product.template": "product_tmpl_id"}
    _order = "is_favorite desc, default_code, name, id"

    price_extra = fields.Float(
        string="Variant Price Extra",
        compute="_compute_product_price_extra",
        digits="Product Price",
    )
    lst_price = fields.Float(
        string="Sales Price",
        compute="_compute_product_lst_price",
        inverse="_set_product_lst_price",
        digits="Product Price",
    )
    default_code = fields.Char(string="Internal Reference", index=True)
    code = fields.Char(string="Reference", compute="_compute_product_code")
    partner_ref = fields.Char(string="Customer Ref", compute="_compute_partner_ref")
    active = fields.Boolean(string="Active", default=True)
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Product Template",
        required=True,
        index=True,
        ondelete="cascade",
        delegate=True,
        auto_join=True,
    )
    barcode = fields.Char(string="Barcode", copy=False, index="btree_not_null")
    product_template_attribute_value_ids = fields.Many2many(
        "product.template.attribute.value",
        "product_variant_combination",
        "product_product_id",
        "product_template_attribute_value_id",
        string="Attribute Values",
        ondelete="restrict",
    )
    product_template_variant_value_ids = fields.Many2many(
        "product.template.attribute.value",
        "product_variant_combination",
        "product_product_id",
        "product_template_attribute_value_id",
        string="Variant Values",
        ondelete="restrict",
        domain=[("attribute_line_id.value_count", ">", 1)],
    )
    combination_indices = fields.Char(
        string="Combination Indices",
        compute="_compute_combination_indices",
        store=True,
        index=True,
    )
    is_product_variant = fields.Boolean(string="Is Product Variant", compute="_compute_is_product_variant")
    standard_price = fields.Float(
        string="Cost",
        copy=False,
        index="btree_not_null",
        digits="Product Price",
        groups="base.group_user",
        company_dependent=True,
    )
    volume = fields.Float(string="Volume", digits="Volume")
    weight = fields.Float(string="Weight", digits="Stock Weight")
    pricelist_item_count = fields.Integer(string="Number of price rules", compute="_compute_variant_item_count")
    product_document_ids = fields.One2many("product.document", "res_id", string="Documents")
    product_document_count = fields.Integer(string="Documents Count", compute="_compute_product_document_count")
    packaging_ids = fields.One2many("product.packaging", "product_id", string="Product Packages")
    additional_product_tag_ids = fields.Many2many(
        "product.tag",
        "product_tag_product_product_rel",
        "product_product_id",
        "product_tag_id",
        string="Variant Tags",
        domain="[('id', 'not in', product_tag_ids)]",
    )
    all_product_tag_ids = fields.Many2many(
        "product.tag",
        string="All Product Tag",
        compute="_compute_all_product_tag_ids",
        search="_search_all_product_tag_ids",
    )
    image_variant_1920 = fields.Image(string="Variant Image", max_width=1920, max_height=1920)
    image_variant_1024 = fields.Image(
        string="Variant Image 1024",
        related="image_variant_1920",
        store=True,
        max_width=1024,
        max_height=1024,
    )
    image_variant_512 = fields.Image(
        string="Variant Image 512",
        related="image_variant_1920",
        store=True,
        max_width=512,
        max_height=512,
    )
    image_variant_256 = fields.Image(
        string="Variant Image 256",
        related="image_variant_1920",
        store=True,
        max_width=256,
        max_height=256,
    )
    image_variant_128 = fields.Image(
        string="Variant Image 128",
        related="image_variant_1920",
        store=True,
        max_width=128,
        max_height=128,
    )
    can_image_variant_1024_be_zoomed = fields.Boolean(
        string="Can Variant Image 1024 be zoomed",
        compute="_compute_can_image_variant_1024_be_zoomed",
        store=True,
    )
    image_1920 = fields.Binary(string="Image", compute="_compute_image_1920", inverse="_set_image_1920")
    image_1024 = fields.Binary(string="Image 1024", compute="_compute_image_1024")
    image_512 = fields.Binary(string="Image 512", compute="_compute_image_512")
    image_256 = fields.Binary(string="Image 256", compute="_compute_image_256")
    image_128 = fields.Binary(string="Image 128", compute="_compute_image_128")
    can_image_1024_be_zoomed = fields.Boolean(
        string="Can Image 1024 be zoomed",
        compute="_compute_can_image_1024_be_zoomed",
    )
    write_date = fields.Datetime(string="Write Date", compute="_compute_write_date", store=True)

    def init(self):
        """One active variant for a combination of values."""
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS product_product_combination_unique"
            " ON product_product (product_tmpl_id, combination_indices) WHERE active IS TRUE"
        )

    # -- computed
    @api.depends("product_template_attribute_value_ids.price_extra")
    def _compute_product_price_extra(self):
        for product in self:
            product.price_extra = sum(product.product_template_attribute_value_ids.mapped("price_extra"))

    @api.depends("list_price", "price_extra")
    @api.depends_context("uom")
    def _compute_product_lst_price(self):
        uom = self.env["uom.uom"].browse(self.env.context.get("uom") or ())
        for product in self:
            price = product.uom_id._compute_price(product.list_price, uom) if uom else product.list_price
            product.lst_price = price + product.price_extra

    def _set_product_lst_price(self):
        uom = self.env["uom.uom"].browse(self.env.context.get("uom") or ())
        for product in self:
            price = uom._compute_price(product.lst_price, product.uom_id) if uom else product.lst_price
            product.write({"list_price": price - product.price_extra})

    @api.depends_context("partner_id")
    def _compute_product_code(self):
        partner = self.env.context.get("partner_id")
        for product in self:
            product.code = product.default_code
            if partner:
                seller = product._sellers_of(partner)[:1]
                product.code = seller.product_code or product.default_code

    @api.depends_context("partner_id")
    def _compute_partner_ref(self):
        partner = self.env.context.get("partner_id")
        for product in self:
            seller = product._sellers_of(partner)[:1] if partner else self.env["product.supplierinfo"]
            name = seller.product_name or product.default_code or product.name
            product.partner_ref = f"[{product.code}] {name}" if product.code and seller else product.display_name

    def _sellers_of(self, partner_id):
        return self.sudo().seller_ids.filtered(
            lambda seller: seller.partner_id.id == partner_id and (not seller.product_id or seller.product_id == self)
        )

    @api.depends("product_template_attribute_value_ids")
    def _compute_combination_indices(self):
        for product in self:
            product.combination_indices = product.product_template_attribute_value_ids._ids2str()

    def _compute_is_product_variant(self):
        self.is_product_variant = True

    def _compute_variant_item_count(self):
        for product in self:
            domain = ["|", "&", ("product_tmpl_id", "=", product.product_tmpl_id.id), ("applied_on", "=", "1_product"),
                      "&", ("product_id", "=", product.id), ("applied_on", "=", "0_product_variant")]  # fmt: skip
            product.pricelist_item_count = self.env["product.pricelist.item"].search_count(domain)

    def _compute_product_document_count(self):
        counts = defaultdict(int)
        for id_, count in self.env["product.document"]._read_group(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)], ["res_id"], ["__count"]
        ):
            counts[id_] = count
        for product in self:
            product.product_document_count = counts[product.id]

    @api.depends("product_tag_ids", "additional_product_tag_ids")
    def _compute_all_product_tag_ids(self):
        for product in self:
            product.all_product_tag_ids = product.product_tag_ids | product.additional_product_tag_ids

    def _search_all_product_tag_ids(self, operator, operand):
        if operator in ("!=", "not in", "not like", "not ilike"):
            return [("product_tag_ids", operator, operand), ("additional_product_tag_ids", operator, operand)]
        return ["|", ("product_tag_ids", operator, operand), ("additional_product_tag_ids", operator, operand)]

    @api.depends("product_tmpl_id.write_date")
    def _compute_write_date(self):
        """A variant is as new as its template: pictures are fetched by that date."""
        for product in self:
            product.write_date = max(
                product.write_date or self.env.cr.now(), product.product_tmpl_id.write_date or self.env.cr.now()
            )

    # -- pictures
    @api.depends("image_variant_1920", "image_variant_1024")
    def _compute_can_image_variant_1024_be_zoomed(self):
        for product in self:
            full = product.with_context(bin_size=False)
            product.can_image_variant_1024_be_zoomed = (
                bool(full.image_variant_1920) and full.image_variant_1920 != full.image_variant_1024
            )

    def _compute_picture(self, size):
        for product in self:
            product[f"image_{size}"] = product[f"image_variant_{size}"] or product.product_tmpl_id[f"image_{size}"]

    def _compute_image_1920(self):
        self._compute_picture(1920)

    def _compute_image_1024(self):
        self._compute_picture(1024)

    def _compute_image_512(self):
        self._compute_picture(512)

    def _compute_image_256(self):
        self._compute_picture(256)

    def _compute_image_128(self):
        self._compute_picture(128)

    def _compute_can_image_1024_be_zoomed(self):
        for product in self:
            product.can_image_1024_be_zoomed = (
                product.can_image_variant_1024_be_zoomed
                if product.image_variant_1920
                else product.product_tmpl_id.can_image_1024_be_zoomed
            )

    def _set_image_1920(self):
        """The only variant's picture is the template's; a sibling's is its own."""
        for product in self:
            template = product.product_tmpl_id
            alone = template.with_context(active_test=False).product_variant_count <= 1
            if alone or (not product.image_variant_1920 and not template.image_1920):
                product.image_variant_1920 = False
                template.image_1920 = product.image_1920
            else:
                product.image_variant_1920 = product.image_1920

    # -- names
    @api.depends("name", "default_code", "product_tmpl_id")
    @api.depends_context("display_default_code", "seller_id", "company_id", "partner_id")
    def _compute_display_name(self):
        with_code = self.env.context.get("display_default_code", True)
        partner = self.env.context.get("partner_id")
        for product in self.sudo():
            values = product.product_template_attribute_value_ids._get_combination_name()
            name = f"{product.name} ({values})" if values else product.name
            code = product.default_code
            if partner:
                seller = product._sellers_of(partner)[:1]
                if seller:
                    name = seller.product_name or name
                    code = seller.product_code or code
            product.display_name = f"[{code}] {name}" if code and with_code else name or ""

    @api.model
    def name_search(self, name="", args=None, operator="ilike", limit=100):
        """By code or barcode exactly first, then by code and name as far as they match."""
        if not name:
            return super().name_search(name, args, operator, limit)
        domain = list(args or [])
        found = self.browse()
        if operator in ("=", "ilike", "=ilike", "like", "=like"):
            found = self.search_fetch([("default_code", "=", name), *domain], ["display_name"], limit=limit)
            found = found or self.search_fetch([("barcode", "=", name), *domain], ["display_name"], limit=limit)
            if not found:
                code = name[name.find("[") + 1 : name.find("]")] if name.startswith("[") and "]" in name else ""
                terms = ["|", ("default_code", operator, name), ("name", operator, name)]
                if code:
                    terms = ["|", ("default_code", "=", code), *terms]
                found = self.search_fetch([*domain, *terms], ["display_name"], limit=limit)
        else:
            found = self.search_fetch(
                [*domain, ("name", operator, name), ("default_code", operator, name)], ["display_name"], limit=limit
            )
        return [(product.id, product.display_name) for product in found.sudo()]

    def get_product_multiline_description_sale(self):
        """Name and sales description, as a line of an order shows them."""
        name = self.display_name
        return f"{name}\n{self.description_sale}" if self.description_sale else name

    # -- checks
    @api.constrains("barcode")
    def _check_barcode_uniqueness(self):
        """A barcode names one product, of a company or of all, and no packaging besides."""
        given = self.filtered("barcode")
        if not given:
            return
        codes = [*set(given.mapped("barcode"))]
        holders = defaultdict(self.browse)
        for product in self.sudo().search_fetch([("barcode", "in", codes)], ["barcode", "company_id"]):
            holders[product.barcode] |= product
        for product in given:
            company = product.sudo().company_id
            others = (holders[product.barcode] - product).filtered(
                lambda other, company=company: not company or other.company_id in (company, company.browse())
            )
            if others:
                raise ValidationError(
                    self.env._(
                        "The barcode %(barcode)s is already that of: %(products)s",
                        barcode=product.barcode,
                        products=", ".join(others[:3].mapped("display_name")),
                    )
                )
        taken = self.env["product.packaging"].sudo().search([("barcode", "in", codes)], limit=1)
        if taken:
            raise ValidationError(self.env._("The barcode %s is already that of a packaging.", taken.barcode))

    @api.constrains("combo_ids")
    def _check_combo(self):
        for product in self:
            product.product_tmpl_id._check_combo_ids_not_empty()

    @api.onchange("lst_price", "standard_price")
    def _onchange_prices(self):
        if (
            float_compare(self.lst_price, 0.0, precision_digits=6) < 0
            or float_compare(self.standard_price, 0.0, precision_digits=6) < 0
        ):
            return {
                "warning": {
                    "title": self.env._("Negative price"),
                    "message": self.env._("A price below zero is unusual: please check it."),
                }
            }
        return None

    # -- writing
    @api.model_create_multi
    def create(self, vals_list):
        products = super(ProductProduct, self.with_context(create_product_product=False)).create(vals_list)
        return products.with_context(self.env.context)

    def write(self, values):
        done = super().write(values)
        if values.get("active"):
            templates = self.product_tmpl_id.filtered(lambda template: not template.active)
            templates.with_context(create_product_product=False).write({"active": True})
        return done

    def unlink(self):
        """Delete variants; a template whose last variant goes, goes too."""
        orphaned = self.env["product.template"]
        for template in self.product_tmpl_id.with_context(active_test=False):
            if not template.has_dynamic_attributes() and not (template.product_variant_ids - self):
                orphaned |= template
        done = super().unlink()
        orphaned.exists().unlink()
        return done

    def _unlink_or_archive(self, check_access=True):
        """Delete those that nothing refers to, archive the others."""
        if check_access:
            self.check_access("unlink")
            self.check_access("write")
        products = self.sudo()
        try:
            with self.env.cr.savepoint():
                super(ProductProduct, products).unlink()
        except (psycopg.errors.IntegrityError, ValidationError, UserError):
            if len(products) == 1:
                if products.active:
                    products.write({"active": False})
                return
            for product in products:
                product._unlink_or_archive(check_access=False)

    def copy(self, default=None):
        """A copy of a variant is a copy of its template."""
        copies = self.browse()
        for product in self:
            template = product.product_tmpl_id.copy(default)
            variants = template.with_context(active_test=False).product_variant_ids
            copies |= variants[:1] or template._create_variant_ids()
        return copies

    def toggle_active(self):
        done = super().toggle_active()
        for template in self.with_context(active_test=False).product_tmpl_id:
            alive = any(template.product_variant_ids.mapped("active"))
            if template.active != alive:
                template.with_context(create_product_product=False).active = alive
        return done

    # -- prices
    def _price_compute(self, price_type, uom=None, currency=None, company=None, date=False):
        """{product id: price of that type in unit and currency}"""
        company = company or self.env.company
        date = date or fields.Date.context_today(self)
        prices = {}
        for product in self.with_company(company):
            price = product.sudo()[price_type] or 0.0
            source = product.cost_currency_id if price_type == "standard_price" else product.currency_id
            if price_type == "list_price":
                price += product.price_extra
            if uom:
                price = product.uom_id._compute_price(price, uom)
            if currency:
                price = source._convert(price, currency, company, date)
            prices[product.id] = price
        return prices

    def get_contextual_price(self):
        return self._get_contextual_price()

    def _get_contextual_price(self):
        self.ensure_one()
        return self.product_tmpl_id._get_contextual_price(self)

    # -- buttons
    def open_product_template(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "product.template",
            "view_mode": "form",
            "res_id": self.product_tmpl_id.id,
            "target": "new",
        }

    def open_pricelist_rules(self):
        return self.product_tmpl_id.open_pricelist_rules()

    def action_open_documents(self):
        action = self.product_tmpl_id.action_open_documents()
        action["context"] = {
            "default_res_model": self._name,
            "default_res_id": self.id,
            "default_company_id": self.company_id.id,
        }
        action["domain"] = [("res_model", "=", self._name), ("res_id", "=", self.id)]
        return action
