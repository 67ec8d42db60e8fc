"""How pictures and barcodes stand in a page: inside it, so that they print without being fetched."""

from __future__ import annotations

import base64

from markupsafe import Markup

from fondaco.addon import _, api, models
from fondaco.errors import UserError
from fondaco.values.mimetypes import guess_mimetype

PICTURE_ATTRIBUTES = ("class", "style", "alt", "title", "width", "height")


def _picture(source, attributes):
    """The element of a picture, with those attributes that have a value."""
    written = Markup("").join(Markup(' %s="%s"') % (name, text) for name, text in attributes.items() if text)
    return Markup('<img src="%s"%s>') % (source, written)


class ImageConverter(models.AbstractModel):
    _name = "ir.qweb.field.image"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Image"

    @api.model
    def get_available_options(self):
        return {
            name: {"type": "string", "string": _("Attribute “%s” of the picture", name)} for name in PICTURE_ATTRIBUTES
        }

    @api.model
    def value_to_html(self, value, options):
        content = base64.b64decode(value)
        kind = guess_mimetype(content, default="image/png")
        if not kind.startswith("image/"):
            raise UserError(_("This is no picture."))
        source = f"data:{kind};base64,{value.decode('ascii') if isinstance(value, bytes) else value}"
        return _picture(source, {name: options.get(name) for name in PICTURE_ATTRIBUTES})


class ImageUrlConverter(models.AbstractModel):
    _name = "ir.qweb.field.image_url"
    _inherit = ["ir.qweb.field.image"]
    _description = "Qweb Field Image"

    @api.model
    def value_to_html(self, value, options):
        return _picture(value, {name: options.get(name) for name in PICTURE_ATTRIBUTES})


class BarcodeConverter(models.AbstractModel):
    _name = "ir.qweb.field.barcode"
    _inherit = ["ir.qweb.field"]
    _description = "Qweb Field Barcode"

    @api.model
    def get_available_options(self):
        return {
            "symbology": {"type": "string", "string": _("Kind of barcode"), "default_value": "Code128"},
            "width": {"type": "integer", "string": _("Width"), "default_value": 600},
            "height": {"type": "integer", "string": _("Height"), "default_value": 100},
            "humanreadable": {"type": "boolean", "string": _("Text below the bars")},
            "quiet": {"type": "boolean", "string": _("White space around"), "default_value": True},
            "img_style": {"type": "string", "string": _("Style of the picture; img_class and the like as well")},
        }

    @api.model
    def value_to_html(self, value, options=None):
        if not value:
            return ""
        options = options or {}
        sizes = {
            name: options[name] for name in ("width", "height", "humanreadable", "quiet", "mask") if name in options
        }
        picture = self.env["ir.actions.report"].barcode(options.get("symbology", "Code128"), value, **sizes)
        attributes = {name.removeprefix("img_"): text for name, text in options.items() if name.startswith("img_")}
        source = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        return _picture(source, {"alt": value, **attributes})
