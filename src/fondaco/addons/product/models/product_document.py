"""Which files belong to a product?"""

from __future__ import annotations

from fondaco.addon import api, fields, models


class ProductDocument(models.Model):
    _name = "product.document"
    _description = "Product Document"
    _inherits = {"ir.attachment": "ir_attachment_id"}
    _order = "sequence, name"

    ir_attachment_id = fields.Many2one(
        "ir.attachment",
        string="Related attachment",
        required=True,
        ondelete="cascade",
        delegate=True,
        auto_join=True,
    )
    active = fields.Boolean(string="Active", default=True)
    sequence = fields.Integer(string="Sequence", default=10, aggregator=None)

    @api.onchange("url")
    def _onchange_url(self):
        if self.url and not self.url.startswith(("https://", "http://", "ftp://")):
            return {
                "warning": {
                    "title": self.env._("Address"),
                    "message": self.env._("An address begins with http:// or https://."),
                }
            }
        return None

    @api.model_create_multi
    def create(self, vals_list):
        return super(ProductDocument, self.with_context(disable_product_documents_creation=True)).create(vals_list)

    def unlink(self):
        attachments = self.ir_attachment_id
        done = super().unlink()
        attachments.exists().unlink()
        return done

    def copy_data(self, default=None):
        result = super().copy_data(default)
        for document, values in zip(self, result, strict=True):
            values["ir_attachment_id"] = document.ir_attachment_id.copy({"name": document.name}).id
        return result


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        """A file that is attached to a product becomes one of its documents."""
        attachments = super().create(vals_list)
        if self.env.context.get("disable_product_documents_creation"):
            return attachments
        files = attachments.filtered(
            lambda attachment: (
                attachment.res_model in ("product.product", "product.template")
                and attachment.res_id
                and not attachment.res_field
            )
        )
        if files:
            self.env["product.document"].sudo().create([{"ir_attachment_id": file.id} for file in files])
        return attachments
