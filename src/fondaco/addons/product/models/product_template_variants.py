"""Which variants does a product have, and how do they follow its attribute lines?"""

from __future__ import annotations

from fondaco.addon import models
from fondaco.errors import UserError

MOST_VARIANTS = 1000

# values given on the template that belong to its only variant
VARIANT_VALUES = ("barcode", "default_code", "standard_price", "volume", "weight")


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def _create_variant_ids(self):
        """Make the variants that the attribute lines ask for; others go, or are archived while they are in use.

        values_of_only_variants in the context: {template id: values} for those that get one variant only.
        """
        if not self:
            return None
        own = self.env.context.get("values_of_only_variants") or {}
        context = dict(self.env.context)
        context.pop("values_of_only_variants", None)
        self = self.with_context(context)
        self.env.flush_all()
        Product = self.env["product.product"]
        to_create, to_activate, to_drop = [], Product, Product
        for template in self.with_context(active_test=False):
            existing = {
                variant.product_template_attribute_value_ids: variant for variant in template.product_variant_ids
            }
            wanted = template._wanted_combinations()
            values = own.get(template.id, {}) if len(wanted) == 1 else {}
            kept = {combination._ids2str(): variant for combination, variant in existing.items()}
            for combination in wanted:
                variant = kept.pop(combination._ids2str(), None)
                if variant is None:
                    to_create.append({**template._prepare_variant_values(combination), **values})
                elif not variant.active and template.active:
                    to_activate |= variant
            if template._has_dynamic_lines():
                # dynamic variants are made when they are sold: those there stay while their values do
                valid = set(
                    template.valid_product_template_attribute_line_ids.product_template_value_ids._only_active().ids
                )
                for key, variant in list(kept.items()):
                    if set(variant.product_template_attribute_value_ids.ids) <= valid and key:
                        del kept[key]
            for variant in kept.values():
                to_drop |= variant
        if to_activate:
            to_activate.write({"active": True})
        if to_create:
            Product.create(to_create)
        if to_drop:
            to_drop._unlink_or_archive()
        self.invalidate_recordset(["product_variant_ids", "product_variant_id", "product_variant_count"])
        return True

    def _names_of_variant_values(self):
        """Fields of a template that its only variant keeps; those that addons make so too."""
        kept = self.env["product.product"]._fields
        more = {
            name
            for name, field in self._fields.items()
            if field.inverse and field.type not in ("one2many", "many2many")
            if name in kept and kept[name].store and not kept[name].inherited
        }
        return more.union(VARIANT_VALUES)

    def _wanted_combinations(self):
        """Combinations of values that exist as variants: one, empty, where no attribute makes variants."""
        self.ensure_one()
        if self._has_dynamic_lines():
            return []
        lines = self.valid_product_template_attribute_line_ids._without_no_variant_attributes()
        choices = [line.product_template_value_ids._only_active() for line in lines]
        excludes = self._exclusions()
        limit = self._most_variants()
        combinations = [self.env["product.template.attribute.value"]]
        for values in choices:
            combinations = [
                combination | value
                for combination in combinations
                for value in values
                if not self._clashes(combination, value, excludes)
            ]
            if len(combinations) > limit:
                raise UserError(
                    self.env._(
                        "“%(name)s” would have more than %(limit)s variants; use fewer values, or attributes whose"
                        " variants are created dynamically or never.",
                        name=self.name,
                        limit=limit,
                    )
                )
        return combinations

    def _most_variants(self):
        return int(self.env["ir.config_parameter"].sudo().get_param("product.dynamic_variant_limit", MOST_VARIANTS))

    def _exclusions(self):
        return self.valid_product_template_attribute_line_ids.product_template_value_ids._excludes()

    def _clashes(self, combination, value, excludes):
        """Whether a value cannot be combined with one of those in a combination, by either's word."""
        return bool(excludes.get(value, value.browse()) & combination) or any(
            value in excludes[other] for other in combination if other in excludes
        )

    def _is_combination_possible(self, combination, parent_combination=None, ignore_no_variant=False):
        """Whether the product may be had with exactly these values: one of each line, none excluding another."""
        self.ensure_one()
        if not self.active and self.env.context.get("active_test") is not False:
            return False
        lines = self.valid_product_template_attribute_line_ids
        if ignore_no_variant:
            lines = lines._without_no_variant_attributes()
            combination = combination._without_no_variant_attributes()
        lines = lines.filtered(lambda line: line.attribute_id.display_type != "multi")
        single = combination.filtered(lambda value: value.attribute_id.display_type != "multi")
        if len(single) != len(lines) or single.attribute_line_id != lines or single != single._only_active():
            return False
        excludes = self._exclusions()
        if any(self._clashes(combination - value, value, excludes) for value in combination):
            return False
        if parent_combination and any(
            exclusion.value_ids & combination
            for exclusion in parent_combination.exclude_for
            if exclusion.product_tmpl_id == self
        ):
            return False
        variant = self.with_context(active_test=False)._get_variant_for_combination(combination)
        return variant.active if variant else self._has_dynamic_lines()

    def _create_product_variant(self, combination, log_warning=False):
        """The variant with these values, made now where the attributes make variants on demand; empty if it cannot be.

        An archived variant comes back only where variants are made on demand.
        """
        self.ensure_one()
        combination = combination._without_no_variant_attributes()
        variant = self._get_variant_for_combination(combination)
        if variant:
            if not variant.active and self.has_dynamic_attributes():
                variant.active = True
            return variant
        if not self.has_dynamic_attributes() or not self._is_combination_possible(combination, ignore_no_variant=True):
            return variant
        return variant.sudo().create(self._prepare_variant_values(combination)).sudo(self.env.su)

    def _has_dynamic_lines(self):
        return any(
            line.attribute_id.create_variant == "dynamic" for line in self.valid_product_template_attribute_line_ids
        )

    def has_dynamic_attributes(self):
        """Whether variants are made only when they are first sold."""
        self.ensure_one()
        return self._has_dynamic_lines()

    def _prepare_variant_values(self, combination):
        return {
            "product_tmpl_id": self.id,
            "product_template_attribute_value_ids": [(6, 0, combination.ids)],
            "active": self.active,
        }

    def _get_variant_id_for_combination(self, combination):
        """Id of the variant with exactly these values, or False."""
        self.ensure_one()
        key = combination._without_no_variant_attributes()._ids2str()
        variant = (
            self.env["product.product"]
            .with_context(active_test=False)
            .search(
                [("product_tmpl_id", "=", self.id), ("combination_indices", "=", key)], order="active DESC", limit=1
            )
        )
        return variant.id

    def _get_variant_for_combination(self, combination):
        return self.env["product.product"].browse(self._get_variant_id_for_combination(combination) or ())

    def get_single_product_variant(self):
        """For a client that configures: the only variant there is, if there is one."""
        self.ensure_one()
        single = self.product_variant_count == 1 and not self.has_configurable_attributes
        return {
            "product_id": self.product_variant_id.id if single else False,
            "product_name": self.product_variant_id.display_name if single else False,
        }


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _is_variant_possible(self, parent_combination=None):
        """Whether the variant may still be had: its values are there and do not exclude one another."""
        self.ensure_one()
        return self.product_tmpl_id._is_combination_possible(
            self.product_template_attribute_value_ids, parent_combination, ignore_no_variant=True
        )
