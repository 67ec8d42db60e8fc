"""What is sold, bought or stored: the product with what all its variants share."""

from __future__ import annotations

from collections import defaultdict

from fondaco.addon import api, fields, models
from fondaco.errors import UserError, ValidationError
from fondaco.i18n.terms import html_translate

KG, LB, CUBIC_METRE, CUBIC_FOOT = (
    "uom.product_uom_kgm",
    "uom.product_uom_lb",
    "uom.product_uom_cubic_meter",
    "uom.product_uom_cubic_foot",
)


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["image.mixin"]
    _description = "Product"
    _order = "is_favorite desc, name"
    _check_company_auto = True

    name = fields.Char(string="Name", required=True, index="trigram", translate=True)
    sequence = fields.Integer(string="Sequence", default=1, aggregator=None)
    description = fields.Html(string="Description", translate=html_translate)
    description_purchase = fields.Text(string="Purchase Description", translate=True)
    description_sale = fields.Text(string="Sales Description", translate=True)
    type = fields.Selection(
        selection=[
            ("consu", "Goods"),
            ("service", "Service"),
            ("combo", "Combo"),
            ("product", "Storable Product"),
        ],
        string="Product Type",
        required=True,
        default="consu",
    )
    combo_ids = fields.Many2many(
        "product.combo",
        "product_combo_product_template_rel",
        "product_template_id",
        "product_combo_id",
        string="Combo Choices",
        check_company=True,
    )
    service_tracking = fields.Selection(
        selection=[
            ("no", "Nothing"),
        ],
        string="Create on Order",
        compute="_compute_service_tracking",
        store=True,
        readonly=False,
        required=True,
        default="no",
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Product Category",
        required=True,
        change_default=True,
        default=lambda self: self._default_category(),
    )
    currency_id = fields.Many2one("res.currency", string="Currency", compute="_compute_currency_id")
    cost_currency_id = fields.Many2one("res.currency", string="Cost Currency", compute="_compute_cost_currency_id")
    list_price = fields.Float(string="Sales Price", default=1.0, digits="Product Price")
    standard_price = fields.Float(
        string="Cost",
        compute="_compute_standard_price",
        inverse="_set_standard_price",
        search="_search_standard_price",
        digits="Product Price",
        groups="base.group_user",
    )
    volume = fields.Float(
        string="Volume",
        compute="_compute_volume",
        inverse="_set_volume",
        store=True,
        copy=False,
        digits="Volume",
    )
    volume_uom_name = fields.Char(string="Volume unit of measure label", compute="_compute_volume_uom_name")
    weight = fields.Float(
        string="Weight",
        compute="_compute_weight",
        inverse="_set_weight",
        store=True,
        copy=False,
        digits="Stock Weight",
    )
    weight_uom_name = fields.Char(string="Weight unit of measure label", compute="_compute_weight_uom_name")
    sale_ok = fields.Boolean(string="Sales", default=True)
    purchase_ok = fields.Boolean(
        string="Purchase",
        compute="_compute_purchase_ok",
        store=True,
        readonly=False,
        default=True,
    )
    uom_id = fields.Many2one(
        "uom.uom",
        string="Unit of Measure",
        required=True,
        default=lambda self: self._default_uom(),
    )
    uom_name = fields.Char(string="Unit of Measure Name", related="uom_id.name", translate=True)
    uom_category_id = fields.Many2one("uom.category", string="UoM Category", related="uom_id.category_id")
    uom_po_id = fields.Many2one(
        "uom.uom",
        string="Purchase Unit",
        compute="_compute_uom_po_id",
        store=True,
        readonly=False,
        required=True,
        domain="[('category_id', '=', uom_category_id)]",
        precompute=True,
    )
    company_id = fields.Many2one("res.company", string="Company", index=True)
    packaging_ids = fields.One2many(
        "product.packaging",
        string="Product Packages",
        compute="_compute_packaging_ids",
        inverse="_set_packaging_ids",
    )
    seller_ids = fields.One2many("product.supplierinfo", "product_tmpl_id", string="Vendors")
    variant_seller_ids = fields.One2many("product.supplierinfo", "product_tmpl_id", string="Variant Seller")
    active = fields.Boolean(string="Active", default=True)
    color = fields.Integer(string="Color Index")
    is_product_variant = fields.Boolean(string="Is a product variant", compute="_compute_is_product_variant")
    attribute_line_ids = fields.One2many(
        "product.template.attribute.line",
        "product_tmpl_id",
        string="Product Attributes",
        copy=True,
    )
    valid_product_template_attribute_line_ids = fields.Many2many(
        "product.template.attribute.line",
        string="Valid Product Attribute Lines",
        compute="_compute_valid_product_template_attribute_line_ids",
    )
    product_variant_ids = fields.One2many("product.product", "product_tmpl_id", string="Products", required=True)
    product_variant_id = fields.Many2one("product.product", string="Product", compute="_compute_product_variant_id")
    product_variant_count = fields.Integer(string="# Product Variants", compute="_compute_product_variant_count")
    barcode = fields.Char(
        string="Barcode",
        compute="_compute_barcode",
        inverse="_set_barcode",
        search="_search_barcode",
    )
    default_code = fields.Char(
        string="Internal Reference",
        compute="_compute_default_code",
        inverse="_set_default_code",
        store=True,
        copy=False,
    )
    pricelist_item_count = fields.Integer(string="Number of price rules", compute="_compute_item_count")
    product_document_ids = fields.One2many("product.document", "res_id", string="Documents")
    product_document_count = fields.Integer(string="Documents Count", compute="_compute_product_document_count")
    can_image_1024_be_zoomed = fields.Boolean(
        string="Can Image 1024 be zoomed",
        compute="_compute_can_image_1024_be_zoomed",
        store=True,
    )
    has_configurable_attributes = fields.Boolean(
        string="Is a configurable product",
        compute="_compute_has_configurable_attributes",
        store=True,
    )
    product_tooltip = fields.Char(string="Product Tooltip", compute="_compute_product_tooltip")
    is_favorite = fields.Boolean(string="Favorite")
    product_tag_ids = fields.Many2many(
        "product.tag",
        "product_tag_product_template_rel",
        "product_template_id",
        "product_tag_id",
        string="Tags",
    )
    product_properties = fields.Properties(
        string="Properties",
        definition="categ_id.product_properties_definition",
        copy=True,
    )

    # -- defaults
    # Neither of the two records can be deleted: their ids need no look.
    def _default_category(self):
        id_ = self.env["ir.model.data"]._xmlid_to_res_id("product.product_category_all")
        return id_ or self.env["product.category"].search([], limit=1).id

    def _default_uom(self):
        id_ = self.env["ir.model.data"]._xmlid_to_res_id("uom.product_uom_unit")
        return id_ or self.env["uom.uom"].search([], limit=1, order="id").id

    def _read_group_categ_id(self, categories, domain):
        ids = self.env.context.get("default_categ_id")
        return categories | self.env["product.category"].browse(ids or ())

    # -- computed
    @api.depends("type")
    def _compute_service_tracking(self):
        self.filtered(lambda product: product.type != "service").service_tracking = "no"

    @api.depends("company_id")
    def _compute_currency_id(self):
        main = self.env["res.company"]._get_main_company()
        for template in self:
            template.currency_id = (template.company_id.sudo() or main).currency_id

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_cost_currency_id(self):
        for template in self:
            template.cost_currency_id = (template.company_id or self.env.company).currency_id

    @api.depends("product_variant_ids")
    def _compute_product_variant_id(self):
        for template in self:
            template.product_variant_id = template.product_variant_ids[:1]

    @api.depends("product_variant_ids.product_tmpl_id")
    def _compute_product_variant_count(self):
        for template in self:
            template.product_variant_count = len(template.product_variant_ids)

    def _only_variant(self):
        """The variant, archived or not, that stands for the template; empty where there are several."""
        variants = self.product_variant_ids
        if not variants:
            variants = self.with_context(active_test=False).product_variant_ids
        return variants if len(variants) == 1 else variants.browse()

    def _compute_from_variant(self, name):
        for template in self:
            template[name] = template._only_variant()[name]

    def _set_on_variant(self, name):
        for template in self:
            variant = template._only_variant()
            if variant:
                variant[name] = template[name]

    @api.depends_context("company")
    @api.depends("product_variant_ids.standard_price")
    def _compute_standard_price(self):
        self._compute_from_variant("standard_price")

    def _set_standard_price(self):
        self._set_on_variant("standard_price")

    def _search_standard_price(self, operator, value):
        return [("product_variant_ids.standard_price", operator, value)]

    @api.depends("product_variant_ids.volume")
    def _compute_volume(self):
        self._compute_from_variant("volume")

    def _set_volume(self):
        self._set_on_variant("volume")

    @api.depends("product_variant_ids.weight")
    def _compute_weight(self):
        self._compute_from_variant("weight")

    def _set_weight(self):
        self._set_on_variant("weight")

    @api.depends("product_variant_ids.barcode")
    def _compute_barcode(self):
        self._compute_from_variant("barcode")

    def _set_barcode(self):
        self._set_on_variant("barcode")

    def _search_barcode(self, operator, value):
        return [("product_variant_ids.barcode", operator, value)]

    @api.depends("product_variant_ids.default_code")
    def _compute_default_code(self):
        self._compute_from_variant("default_code")

    def _set_default_code(self):
        self._set_on_variant("default_code")

    @api.depends("product_variant_ids", "product_variant_ids.packaging_ids")
    def _compute_packaging_ids(self):
        for template in self:
            variant = template._only_variant()
            template.packaging_ids = variant.packaging_ids if variant else self.env["product.packaging"]

    def _set_packaging_ids(self):
        for template in self:
            variant = template._only_variant()
            if variant:
                variant.packaging_ids = template.packaging_ids

    @api.depends("type")
    def _compute_weight_uom_name(self):
        name = self._get_weight_uom_name_from_ir_config_parameter()
        for template in self:
            template.weight_uom_name = name

    @api.depends("type")
    def _compute_volume_uom_name(self):
        name = self._get_volume_uom_name_from_ir_config_parameter()
        for template in self:
            template.volume_uom_name = name

    @api.model
    def _get_weight_uom_id_from_ir_config_parameter(self):
        in_pounds = self.env["ir.config_parameter"].sudo().get_param("product.weight_in_lbs") == "1"
        return self.env.ref(LB if in_pounds else KG)

    @api.model
    def _get_weight_uom_name_from_ir_config_parameter(self):
        return self._get_weight_uom_id_from_ir_config_parameter().display_name

    @api.model
    def _get_volume_uom_id_from_ir_config_parameter(self):
        in_feet = self.env["ir.config_parameter"].sudo().get_param("product.volume_in_cubic_feet") == "1"
        return self.env.ref(CUBIC_FOOT if in_feet else CUBIC_METRE)

    @api.model
    def _get_volume_uom_name_from_ir_config_parameter(self):
        return self._get_volume_uom_id_from_ir_config_parameter().display_name

    @api.depends("type")
    def _compute_purchase_ok(self):
        for template in self:
            if template.type == "combo":
                template.purchase_ok = False

    @api.depends("uom_id")
    def _compute_uom_po_id(self):
        for template in self:
            if not template.uom_po_id or template.uom_id.category_id != template.uom_po_id.category_id:
                template.uom_po_id = template.uom_id

    def _compute_is_product_variant(self):
        self.is_product_variant = False

    @api.depends("attribute_line_ids.value_ids")
    def _compute_valid_product_template_attribute_line_ids(self):
        for template in self:
            template.valid_product_template_attribute_line_ids = template.attribute_line_ids.filtered("value_ids")

    @api.depends("attribute_line_ids", "attribute_line_ids.value_ids", "attribute_line_ids.attribute_id.create_variant")
    def _compute_has_configurable_attributes(self):
        for template in self:
            template.has_configurable_attributes = any(line._is_configurable() for line in template.attribute_line_ids)

    def _compute_item_count(self):
        counts = dict(
            self.env["product.pricelist.item"]._read_group(
                [("product_tmpl_id", "in", self.ids)], ["product_tmpl_id"], ["__count"]
            )
        )
        for template in self:
            template.pricelist_item_count = counts.get(template, 0)

    def _compute_product_document_count(self):
        counts = defaultdict(int)
        for id_, count in self.env["product.document"]._read_group(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)], ["res_id"], ["__count"]
        ):
            counts[id_] = count
        for template in self:
            template.product_document_count = counts[template.id]

    @api.depends("image_1920", "image_1024")
    def _compute_can_image_1024_be_zoomed(self):
        for template in self:
            full = template.with_context(bin_size=False)
            template.can_image_1024_be_zoomed = bool(full.image_1920) and full.image_1920 != full.image_1024

    @api.depends("type")
    def _compute_product_tooltip(self):
        texts = {
            "combo": self.env._("Sold together: the customer chooses one product of each choice."),
            "service": self.env._("A service is not a thing: nothing is kept in stock."),
        }
        for template in self:
            template.product_tooltip = texts.get(template.type, "")

    def _compute_display_name(self):
        for template in self:
            template.display_name = template.name and (
                f"[{template.default_code}] {template.name}" if template.default_code else template.name
            )

    # -- checks
    @api.constrains("uom_id", "uom_po_id")
    def _check_uom(self):
        for template in self:
            if template.uom_id and template.uom_po_id and template.uom_id.category_id != template.uom_po_id.category_id:
                raise ValidationError(
                    self.env._("“%s” must be sold and bought in units of the same category.", template.name)
                )

    @api.constrains("type", "combo_ids")
    def _check_combo_ids_not_empty(self):
        for template in self:
            if template.type == "combo" and not template.combo_ids:
                raise ValidationError(self.env._("A combo product needs at least one choice."))

    @api.onchange("type")
    def _onchange_type(self):
        if self.type == "combo" and self.attribute_line_ids:
            raise UserError(self.env._("A combo product has no attributes."))

    @api.onchange("uom_id")
    def _onchange_uom_id(self):
        if self.uom_id:
            self.uom_po_id = self.uom_id.id

    # -- writing
    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        if self.env.context.get("create_product_product", True):
            names = self._names_of_variant_values()
            own = {
                template.id: {name: vals[name] for name in names if vals.get(name)}
                for template, vals in zip(templates, vals_list, strict=True)
            }
            # Addons override the method, which takes nothing.
            templates.with_context(values_of_only_variants=own)._create_variant_ids()
        return templates

    def write(self, vals):
        if "uom_id" in vals and self._uom_is_in_use(vals["uom_id"]):
            raise UserError(
                self.env._("The unit of a product that was used already cannot change; archive it and create another.")
            )
        done = super().write(vals)
        if self.env.context.get("create_product_product", True) and (
            "attribute_line_ids" in vals or (vals.get("active") and len(self.product_variant_ids) == 0)
        ):
            self._create_variant_ids()
        if "active" in vals and not vals["active"]:
            self.with_context(active_test=False).product_variant_ids.write({"active": False})
        return done

    def _uom_is_in_use(self, uom_id):
        """Hook of modules that count: whether quantities of the product were counted in another unit already."""
        return False

    def copy_data(self, default=None):
        default = dict(default or {})
        result = super().copy_data(default)
        if "name" not in default:
            for template, vals in zip(self, result, strict=True):
                vals["name"] = self.env._("%s (copy)", template.name)
        return result

    def copy(self, default=None):
        copies = super().copy(default)
        for old, new in zip(self, copies, strict=True):
            for before, after in zip(old.attribute_line_ids, new.attribute_line_ids, strict=False):
                extras = {
                    value.product_attribute_value_id: value.price_extra for value in before.product_template_value_ids
                }
                for value in after.product_template_value_ids:
                    value.price_extra = extras.get(value.product_attribute_value_id, 0.0)
        return copies

    @api.model
    def name_search(self, name="", args=None, operator="ilike", limit=100):
        """Templates by their own name, or by the code or barcode of a variant."""
        found = super().name_search(name, args, operator, limit)
        if name and operator in ("ilike", "like", "=", "=ilike", "=like") and (limit is None or len(found) < limit):
            known = [id_ for id_, _name in found]
            variants = self.env["product.product"].search(
                [
                    "|",
                    ("default_code", operator, name),
                    ("barcode", operator, name),
                    ("product_tmpl_id", "not in", known),
                ]
            )
            more = self.search(
                [("id", "in", variants.product_tmpl_id.ids), *(args or [])], limit=limit and limit - len(found)
            )
            found += [(template.id, template.display_name) for template in more.sudo()]
        return found
