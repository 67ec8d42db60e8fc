"""A picture in five sizes, and the initials that stand in for it."""

from __future__ import annotations

import base64

from markupsafe import escape

from fondaco.addon import _, api, fields, models

from .addon_files import addon_file

SIZES = (1920, 1024, 512, 256, 128)
PLACEHOLDER = "base/static/img/avatar_grey.png"


def hue_of(text):
    """A hue from 0 to 359 that depends on a text only."""
    return sum(ord(c) * (index + 7) for index, c in enumerate(text)) * 37 % 360


class ImageMixin(models.AbstractModel):
    _name = "image.mixin"
    _description = "Image Mixin"

    image_1920 = fields.Image(string="Image", max_width=1920, max_height=1920)
    image_1024 = fields.Image(string="Image 1024", related="image_1920", store=True, max_width=1024, max_height=1024)
    image_512 = fields.Image(string="Image 512", related="image_1920", store=True, max_width=512, max_height=512)
    image_256 = fields.Image(string="Image 256", related="image_1920", store=True, max_width=256, max_height=256)
    image_128 = fields.Image(string="Image 128", related="image_1920", store=True, max_width=128, max_height=128)


class AvatarMixin(models.AbstractModel):
    _name = "avatar.mixin"
    _inherit = ["image.mixin"]
    _description = "Avatar Mixin"

    avatar_1920 = fields.Binary(string="Avatar", compute="_compute_avatar_1920")
    avatar_1024 = fields.Binary(string="Avatar 1024", compute="_compute_avatar_1024")
    avatar_512 = fields.Binary(string="Avatar 512", compute="_compute_avatar_512")
    avatar_256 = fields.Binary(string="Avatar 256", compute="_compute_avatar_256")
    avatar_128 = fields.Binary(string="Avatar 128", compute="_compute_avatar_128")

    _avatar_name_field = "name"

    def _compute_avatar(self, avatar_field, image_field):
        for record in self:
            avatar = record[image_field]
            if not avatar:
                if record.id and record[record._avatar_name_field]:
                    avatar = record._avatar_generate_svg()
                else:
                    avatar = base64.b64encode(record._avatar_get_placeholder())
            record[avatar_field] = avatar

    @api.depends(lambda self: [self._avatar_name_field, "image_1920"])
    def _compute_avatar_1920(self):
        self._compute_avatar("avatar_1920", "image_1920")

    @api.depends(lambda self: [self._avatar_name_field, "image_1024"])
    def _compute_avatar_1024(self):
        self._compute_avatar("avatar_1024", "image_1024")

    @api.depends(lambda self: [self._avatar_name_field, "image_512"])
    def _compute_avatar_512(self):
        self._compute_avatar("avatar_512", "image_512")

    @api.depends(lambda self: [self._avatar_name_field, "image_256"])
    def _compute_avatar_256(self):
        self._compute_avatar("avatar_256", "image_256")

    @api.depends(lambda self: [self._avatar_name_field, "image_128"])
    def _compute_avatar_128(self):
        self._compute_avatar("avatar_128", "image_128")

    def _avatar_generate_svg(self):
        """The first letter of the name, on a colour of its own."""
        name = self[self._avatar_name_field]
        letter = escape(name[0].upper())
        hue = hue_of(f"{name}{self.create_date.timestamp() if self.create_date else ''}")
        return base64.b64encode(
            (
                '<svg xmlns="http://www.w3.org/2000/svg" height="180" width="180" viewBox="0 0 180 180">'
                f'<rect fill="hsl({hue}, 45%, 45%)" height="180" width="180"/>'
                '<text fill="#fff" font-size="96" text-anchor="middle" x="90" y="124" font-family="sans-serif">'
                f"{letter}</text></svg>"
            ).encode()
        )

    def _avatar_get_placeholder_path(self):
        return PLACEHOLDER

    def _avatar_get_placeholder(self):
        """Content of the picture for records without name and picture."""
        path = addon_file(self.env, self._avatar_get_placeholder_path())
        return path.read_bytes() if path is not None else b""
