"""Which variants does a product have, and how do they follow its attribute lines?"""

from __future__ import annotations

from fondaco.addon import models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def _create_variant_ids(self):
        """Make the variants that the attribute lines ask for; those no longer asked for go, or are archived while they are in use."""
        if not self:
            return None
        self.env.flush_all()
        Product = self.env["product.product"]
        to_create, to_activate, to_drop = [], Product, Product
        for template in self.with_context(active_test=False):
            existing = {
                variant.product_template_attribute_value_ids: variant for variant in template.product_variant_ids
            }
            wanted = template._wanted_combinations()
            kept = {combination._ids2str(): variant for combination, variant in existing.items()}
            for combination in wanted:
                variant = kept.pop(combination._ids2str(), None)
                if variant is None:
                    to_create.append(template._prepare_variant_values(combination))
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

    def _wanted_combinations(self):
        """Combinations of values that always exist as variants; one empty combination where no attribute makes variants."""
        self.ensure_one()
        lines = self.valid_product_template_attribute_line_ids._without_no_variant_attributes()
        combinations = [self.env["product.template.attribute.value"]]
        if self._has_dynamic_lines():
            return []
        for line in lines:
            values = line.product_template_value_ids._only_active()
            combinations = [combination | value for combination in combinations for value in values]
        return combinations

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
