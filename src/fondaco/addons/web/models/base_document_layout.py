"""How do the documents of a company look: its logo, colours, font and texts, changed together and previewed."""

import base64

from markupsafe import Markup

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.values.html import is_html_empty
from fondaco.values.images import average_dominant_color, binary_to_image, get_lightness, rgb_to_hex

DEFAULT_PRIMARY = "#0a6a70"
DEFAULT_SECONDARY = "#8a5300"


class BaseDocumentLayout(models.TransientModel):
    _name = "base.document.layout"
    _description = "Company Document Layout"

    company_id = fields.Many2one(
        "res.company", string="Company", required=True, ondelete="cascade", default=lambda self: self.env.company
    )
    logo = fields.Binary(related="company_id.logo", readonly=False)
    preview_logo = fields.Binary(related="logo", string="Preview logo")
    report_header = fields.Html(related="company_id.report_header", readonly=False)
    report_footer = fields.Html(related="company_id.report_footer", readonly=False, default=lambda self: self._footer())
    company_details = fields.Html(
        related="company_id.company_details", readonly=False, default=lambda self: self._details()
    )
    is_company_details_empty = fields.Boolean(compute="_compute_empty_company_details")
    paperformat_id = fields.Many2one(related="company_id.paperformat_id", readonly=False)
    external_report_layout_id = fields.Many2one(related="company_id.external_report_layout_id", readonly=False)
    font = fields.Selection(related="company_id.font", readonly=False)
    primary_color = fields.Char(related="company_id.primary_color", readonly=False)
    secondary_color = fields.Char(related="company_id.secondary_color", readonly=False)
    custom_colors = fields.Boolean(compute="_compute_custom_colors", readonly=False)
    logo_primary_color = fields.Char(compute="_compute_logo_colors")
    logo_secondary_color = fields.Char(compute="_compute_logo_colors")
    layout_background = fields.Selection(related="company_id.layout_background", readonly=False)
    layout_background_image = fields.Binary(related="company_id.layout_background_image", readonly=False)
    report_layout_id = fields.Many2one("report.layout", string="Report Layout")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    partner_id = fields.Many2one(related="company_id.partner_id", readonly=True)
    phone = fields.Char(related="company_id.phone", readonly=True)
    email = fields.Char(related="company_id.email", readonly=True)
    website = fields.Char(related="company_id.website", readonly=True)
    vat = fields.Char(related="company_id.vat", readonly=True)
    name = fields.Char(related="company_id.name", readonly=True)
    country_id = fields.Many2one(related="company_id.country_id", readonly=True)

    def _footer(self):
        """The company's footer; where it has none, how it is reached."""
        company = self.env.company
        return company.report_footer or self._lines([company.phone, company.email, company.website, company.vat])

    def _details(self):
        """The company's details; where it has none, its name and address."""
        company = self.env.company
        place = " ".join(filter(None, [company.zip, company.city]))
        return company.company_details or self._lines([company.name, company.street, place, company.country_id.name])

    @staticmethod
    def _lines(parts):
        return Markup("<br/>").join(part for part in parts if part)

    @api.depends("company_details")
    def _compute_empty_company_details(self):
        for layout in self:
            layout.is_company_details_empty = is_html_empty(layout.company_details or "")

    @api.depends("logo")
    def _compute_logo_colors(self):
        for layout in self:
            logo = layout.with_context(bin_size=False).logo
            layout.logo_primary_color, layout.logo_secondary_color = self.extract_image_primary_secondary_colors(logo)

    @api.depends("logo_primary_color", "logo_secondary_color", "primary_color", "secondary_color")
    def _compute_custom_colors(self):
        for layout in self:
            chosen = ((layout.primary_color or "").lower(), (layout.secondary_color or "").lower())
            found = ((layout.logo_primary_color or "").lower(), (layout.logo_secondary_color or "").lower())
            layout.custom_colors = bool(layout.logo and all(chosen) and chosen != found)

    @api.depends(
        "report_layout_id", "logo", "font", "primary_color", "secondary_color", "report_header", "report_footer",
        "layout_background", "layout_background_image", "company_details",
    )  # fmt: skip
    def _compute_preview(self):
        """The letterhead in small: header, a line in the colours, footer."""
        for layout in self:
            color = layout.primary_color or layout.logo_primary_color or DEFAULT_PRIMARY
            layout.preview = Markup(
                '<div style="border-top:6px solid {0};padding:12px"><strong style="color:{0}">{1}</strong>'
                '<div>{2}</div><hr/><div style="color:{3}">{4}</div></div>'
            ).format(
                color, layout.name or "", Markup(layout.company_details or ""),
                layout.secondary_color or layout.logo_secondary_color or DEFAULT_SECONDARY,
                Markup(layout.report_footer or ""),
            )  # fmt: skip

    @api.onchange("custom_colors")
    def _onchange_custom_colors(self):
        for layout in self:
            if layout.logo and not layout.custom_colors:
                layout.primary_color = layout.logo_primary_color or DEFAULT_PRIMARY
                layout.secondary_color = layout.logo_secondary_color or DEFAULT_SECONDARY

    @api.onchange("report_layout_id")
    def _onchange_report_layout_id(self):
        for layout in self:
            layout.external_report_layout_id = layout.report_layout_id.view_id

    @api.onchange("logo")
    def _onchange_logo(self):
        for layout in self:
            if layout.logo and layout.logo_primary_color:
                layout.primary_color = layout.logo_primary_color
                layout.secondary_color = layout.logo_secondary_color

    @api.model
    def extract_image_primary_secondary_colors(self, logo, white_threshold=225, mitigate=175):
        """The two colours a picture is mostly made of, as '#rrggbb', the darker first; (False, False) without picture.

        white_threshold: brighter than this in all channels counts as paper. mitigate: brightest channel of a result.
        """
        if not logo:
            return False, False
        try:
            image = binary_to_image(base64.b64decode(logo)).convert("RGBA")
        except (UserError, ValueError):
            return False, False
        image.thumbnail((50, 50))
        colors = [
            (count, color)
            for count, color in image.getcolors(image.width * image.height)
            if color[3] > 127 and any(channel <= white_threshold for channel in color[:3])
        ]
        if not colors:
            return False, False
        first, rest = average_dominant_color(colors, mitigate=mitigate)
        second = average_dominant_color(rest, mitigate=mitigate)[0] if rest else first
        ordered = sorted((first, second), key=get_lightness)
        return rgb_to_hex(ordered[0]), rgb_to_hex(ordered[1])

    def document_layout_save(self):
        """The values are the company's by now: the window closes."""
        return {"type": "ir.actions.act_window_close"}
