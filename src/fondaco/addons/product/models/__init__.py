"""What is a product, what are its variants, and what does it cost?"""

from . import (
    product_attribute,
    product_category,
    product_combo,
    product_document,
    product_packaging,
    product_pricelist,
    product_pricelist_item,
    product_product,
    product_supplierinfo,
    product_tag,
    product_template,
    product_template_attribute,
    product_template_price,
    product_template_variants,
    res_company,
    res_config_settings,
    res_partner,
    update_product_attribute_value,
)
