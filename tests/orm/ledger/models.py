"""Models of the tests of records: orders with lines, tags and customers; one field for each thing a record can do."""

from __future__ import annotations

from typing import Any

from fondaco.addon import api, fields, models
from fondaco.errors import UserError, ValidationError

MODULE = "test_ledger"
TABLES = "odoo.addons.test_ledger.models"


class Customer(models.Model):
    __module__ = TABLES
    _name = "ledger.customer"
    _description = "Customer"
    _order = "name, id"

    name = fields.Char(required=True)
    city = fields.Char()
    active = fields.Boolean(default=True)
    discount = fields.Integer(company_dependent=True)
    order_ids = fields.One2many("ledger.order", "customer_id")
    order_count = fields.Integer(compute="_compute_order_count")
    turnover = fields.Integer(compute="_compute_turnover", store=True)

    @api.depends("order_ids")
    def _compute_order_count(self) -> None:
        for customer in self:
            customer.order_count = len(customer.order_ids)

    @api.depends("order_ids.total")
    def _compute_turnover(self) -> None:
        for customer in self:
            customer.turnover = sum(customer.order_ids.mapped("total"))


class Tag(models.Model):
    __module__ = TABLES
    _name = "ledger.tag"
    _description = "Tag"
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    order_ids = fields.Many2many("ledger.order", "ledger_order_tag_rel", "tag_id", "order_id")


class Order(models.Model):
    __module__ = TABLES
    _name = "ledger.order"
    _description = "Order"
    _order = "id"

    name = fields.Char(required=True, default="New")
    code = fields.Char()
    note = fields.Text(copy=False)
    title = fields.Char(translate=True)
    state = fields.Selection([("draft", "Draft"), ("done", "Done")], default="draft")
    priority = fields.Integer(default=lambda self: self.env.context.get("urgency", 3))
    day = fields.Date()
    customer_id = fields.Many2one("ledger.customer", ondelete="restrict")
    city = fields.Char(related="customer_id.city", readonly=False)
    stored_city = fields.Char(related="customer_id.city", store=True, string="Stored city")
    line_ids = fields.One2many("ledger.line", "order_id", copy=True)
    tag_ids = fields.Many2many("ledger.tag", "ledger_order_tag_rel", "order_id", "tag_id")
    total = fields.Integer(compute="_compute_total", store=True)
    label = fields.Char(compute="_compute_label", inverse="_inverse_label")
    tag_names = fields.Char(compute="_compute_tag_names")
    in_words = fields.Char(compute="_compute_in_words", store=True, readonly=False)
    seen_by = fields.Char(compute="_compute_seen_by")
    remark = fields.Char(inverse="_inverse_remark")
    remark_size = fields.Integer(compute="_compute_remark_size", store=True)

    _sql_constraints = [("code_unique", "unique(code)", "Two orders have the same code.")]

    @api.depends("line_ids.amount")
    def _compute_total(self) -> None:
        for order in self:
            order.total = sum(order.line_ids.mapped("amount"))

    @api.depends("name", "code")
    def _compute_label(self) -> None:
        for order in self:
            order.label = f"{order.code or '-'}: {order.name}"

    def _inverse_label(self) -> None:
        for order in self:
            code, _sep, order.name = order.label.partition(": ")
            order.code = False if code == "-" else code

    def _inverse_remark(self) -> None:
        for order in self:
            order.remark = (order.remark or "").strip()

    @api.depends("remark")
    def _compute_remark_size(self) -> None:
        for order in self:
            order.remark_size = len(order.remark or "")

    @api.depends("tag_ids.name")
    def _compute_tag_names(self) -> None:
        for order in self:
            order.tag_names = " ".join(order.tag_ids.mapped("name"))

    @api.depends("priority")
    def _compute_in_words(self) -> None:
        for order in self:
            order.in_words = {1: "one", 2: "two", 3: "three"}.get(order.priority, "many")

    @api.depends_context("reader")
    def _compute_seen_by(self) -> None:
        for order in self:
            order.seen_by = order.env.context.get("reader", "nobody")

    @api.constrains("priority")
    def _check_priority(self) -> None:
        for order in self:
            if order.priority < 0:
                raise ValidationError("A priority is not negative.")

    @api.ondelete(at_uninstall=False)
    def _keep_done(self) -> None:
        if any(order.state == "done" for order in self):
            raise UserError("Orders that are done stay.")

    @api.onchange("customer_id")
    def _onchange_customer_id(self) -> dict[str, Any] | None:
        if self.customer_id.city == "Nowhere":
            return {"warning": {"title": "Far away", "message": "Nobody delivers there."}}
        self.note = f"To {self.customer_id.city}"
        return None


class Line(models.Model):
    __module__ = TABLES
    _name = "ledger.line"
    _description = "Line"
    _order = "sequence, id"

    name = fields.Char()
    motto = fields.Char(translate=True)
    sequence = fields.Integer(default=10)
    order_id = fields.Many2one("ledger.order", ondelete="cascade")
    quantity = fields.Integer(default=1)
    price = fields.Integer()
    amount = fields.Integer(compute="_compute_amount", store=True)
    customer_id = fields.Many2one(related="order_id.customer_id", store=True)
    detail_ids = fields.One2many("ledger.detail", "line_id")
    urgency = fields.Integer(compute="_compute_urgency", store=True, readonly=False)
    shouted = fields.Char(compute="_compute_shouted")

    @api.depends("order_id.priority")
    def _compute_urgency(self) -> None:
        for line in self:
            line.urgency = line.order_id.priority

    @api.depends("order_id.name")
    def _compute_shouted(self) -> None:
        for line in self:
            line.shouted = (line.order_id.name or "").upper()

    @api.depends("quantity", "price")
    def _compute_amount(self) -> None:
        for line in self:
            line.amount = line.quantity * line.price


class Detail(models.Model):
    __module__ = TABLES
    _name = "ledger.detail"
    _description = "Detail"

    name = fields.Char()
    line_id = fields.Many2one("ledger.line", ondelete="cascade")
    order_id = fields.Many2one(related="line_id.order_id", store=True)
    order_title = fields.Char(related="line_id.order_id.title", store=True)


class Bank(models.Model):
    __module__ = TABLES
    _name = "ledger.bank"
    _description = "A customer that lends"
    _inherits = {"ledger.customer": "customer_id"}

    customer_id = fields.Many2one("ledger.customer", required=True, ondelete="cascade")
    rate = fields.Float(digits=(6, 2))


class Branch(models.Model):
    __module__ = TABLES
    _name = "ledger.branch"
    _description = "A bank that is a part of another"
    _inherits = {"ledger.bank": "bank_id"}

    bank_id = fields.Many2one("ledger.bank", required=True, ondelete="cascade")


class Place(models.Model):
    __module__ = TABLES
    _name = "ledger.place"
    _description = "Place"
    _parent_store = True
    _order = "name"

    name = fields.Char()
    parent_id = fields.Many2one("ledger.place", ondelete="cascade")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("ledger.place", "parent_id")
    path = fields.Char(compute="_compute_path", store=True, recursive=True)

    @api.depends("name", "parent_id.path")
    def _compute_path(self) -> None:
        for place in self:
            place.path = f"{place.parent_id.path} / {place.name}" if place.parent_id else place.name


class Project(models.Model):
    __module__ = TABLES
    _name = "ledger.project"
    _description = "Project"

    name = fields.Char()
    wanted = fields.PropertiesDefinition()


class Task(models.Model):
    __module__ = TABLES
    _name = "ledger.task"
    _description = "Task"

    name = fields.Char()
    project_id = fields.Many2one("ledger.project")
    details = fields.Properties(definition="project_id.wanted")


class Sample(models.Model):
    __module__ = TABLES
    _name = "ledger.sample"
    _description = "One field of every type"

    flag = fields.Boolean()
    whole = fields.Integer()
    part = fields.Float()
    fixed = fields.Float(digits=(12, 3))
    currency_id = fields.Many2one("res.currency")
    amount = fields.Monetary()
    line = fields.Char(size=5)
    text = fields.Text()
    page = fields.Html()
    raw_page = fields.Html(sanitize=False)
    day = fields.Date()
    moment = fields.Datetime()
    choice = fields.Selection(selection=lambda self: [("a", "A"), ("b", "B")])
    file = fields.Binary()
    column_file = fields.Binary(attachment=False)
    picture = fields.Image(max_width=8, max_height=8)
    anything = fields.Json()
    refers_to = fields.Reference(selection=[("ledger.tag", "Tag"), ("ledger.order", "Order")])
    res_model = fields.Char()
    res_id = fields.Many2oneReference(model_field="res_model")
