"""Which document templates and paper formats reports may use."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.errors import ValidationError

# Millimetres (width, height) of the formats whose size is fixed.
SIZES = {
    "A0": (841, 1189),
    "A1": (594, 841),
    "A2": (420, 594),
    "A3": (297, 420),
    "A4": (210, 297),
    "A5": (148, 210),
    "A6": (105, 148),
    "A7": (74, 105),
    "A8": (52, 74),
    "A9": (37, 52),
    "B0": (1000, 1414),
    "B1": (707, 1000),
    "B2": (500, 707),
    "B3": (353, 500),
    "B4": (250, 353),
    "B5": (176, 250),
    "B6": (125, 176),
    "B7": (88, 125),
    "B8": (62, 88),
    "B9": (33, 62),
    "B10": (31, 44),
    "C5E": (163, 229),
    "Comm10E": (105, 241),
    "DLE": (110, 220),
    "Executive": (190.5, 254),
    "Folio": (210, 330),
    "Ledger": (431.8, 279.4),
    "Legal": (215.9, 355.6),
    "Letter": (215.9, 279.4),
    "Tabloid": (279.4, 431.8),
}


class ReportLayout(models.Model):
    _name = "report.layout"
    _description = "Report Layout"
    _order = "sequence"

    view_id = fields.Many2one("ir.ui.view", string="Document Template", required=True)
    image = fields.Char(string="Preview image src")
    pdf = fields.Char(string="Preview pdf src")
    sequence = fields.Integer(string="Sequence", default=50, aggregator=None)
    name = fields.Char(string="Name")


class ReportPaperformat(models.Model):
    _name = "report.paperformat"
    _description = "Paper Format Config"

    name = fields.Char(string="Name", required=True)
    default = fields.Boolean(string="Default paper format?")
    format = fields.Selection(
        selection=[
            ("A0", "A0  5   841 x 1189 mm"),
            ("A1", "A1  6   594 x 841 mm"),
            ("A2", "A2  7   420 x 594 mm"),
            ("A3", "A3  8   297 x 420 mm"),
            ("A4", "A4  0   210 x 297 mm, 8.26 x 11.69 inches"),
            ("A5", "A5  9   148 x 210 mm"),
            ("A6", "A6  10  105 x 148 mm"),
            ("A7", "A7  11  74 x 105 mm"),
            ("A8", "A8  12  52 x 74 mm"),
            ("A9", "A9  13  37 x 52 mm"),
            ("B0", "B0  14  1000 x 1414 mm"),
            ("B1", "B1  15  707 x 1000 mm"),
            ("B2", "B2  17  500 x 707 mm"),
            ("B3", "B3  18  353 x 500 mm"),
            ("B4", "B4  19  250 x 353 mm"),
            ("B5", "B5  1   176 x 250 mm, 6.93 x 9.84 inches"),
            ("B6", "B6  20  125 x 176 mm"),
            ("B7", "B7  21  88 x 125 mm"),
            ("B8", "B8  22  62 x 88 mm"),
            ("B9", "B9  23  33 x 62 mm"),
            ("B10", "B10    16  31 x 44 mm"),
            ("C5E", "C5E 24  163 x 229 mm"),
            ("Comm10E", "Comm10E 25  105 x 241 mm, U.S. Common 10 Envelope"),
            ("DLE", "DLE 26 110 x 220 mm"),
            ("Executive", "Executive 4   7.5 x 10 inches, 190.5 x 254 mm"),
            ("Folio", "Folio 27  210 x 330 mm"),
            ("Ledger", "Ledger  28  431.8 x 279.4 mm"),
            ("Legal", "Legal    3   8.5 x 14 inches, 215.9 x 355.6 mm"),
            ("Letter", "Letter 2 8.5 x 11 inches, 215.9 x 279.4 mm"),
            ("Tabloid", "Tabloid 29 279.4 x 431.8 mm"),
            ("custom", "Custom"),
        ],
        string="Paper size",
        default="A4",
    )
    margin_top = fields.Float(string="Top Margin (mm)", default=40)
    margin_bottom = fields.Float(string="Bottom Margin (mm)", default=20)
    margin_left = fields.Float(string="Left Margin (mm)", default=7)
    margin_right = fields.Float(string="Right Margin (mm)", default=7)
    page_height = fields.Integer(string="Page height (mm)", default=False)
    page_width = fields.Integer(string="Page width (mm)", default=False)
    orientation = fields.Selection(
        selection=[
            ("Landscape", "Landscape"),
            ("Portrait", "Portrait"),
        ],
        string="Orientation",
        default="Landscape",
    )
    header_line = fields.Boolean(string="Display a header line", default=False)
    header_spacing = fields.Integer(string="Header spacing", default=35)
    disable_shrinking = fields.Boolean(string="Disable smart shrinking")
    dpi = fields.Integer(string="Output DPI", required=True, default=90)
    report_ids = fields.One2many("ir.actions.report", "paperformat_id", string="Associated reports")
    print_page_width = fields.Float(string="Print page width (mm)", compute="_compute_print_page_size")
    print_page_height = fields.Float(string="Print page height (mm)", compute="_compute_print_page_size")
    css_margins = fields.Boolean(string="Use css margins", default=False)

    @api.constrains("format")
    def _check_format_or_page(self):
        for paper in self:
            if paper.format != "custom" and (paper.page_width or paper.page_height):
                raise ValidationError(_("A format has its own size: choose the custom one to give width and height."))

    @api.depends()
    def _compute_print_page_size(self):
        for paper in self:
            width, height = SIZES.get(paper.format, (paper.page_width or 0, paper.page_height or 0))
            if paper.orientation == "Landscape":
                width, height = height, width
            paper.print_page_width, paper.print_page_height = width, height
