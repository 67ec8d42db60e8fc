"""Models of the search tests: one field of every kind, relations of every shape, nothing of base but its users."""

from __future__ import annotations

from typing import Any

from fondaco.addon import fields, models

MODULE = "search_kinds"
TABLES = "odoo.addons.search_kinds.models"


class Tag(models.Model):
    __module__ = TABLES
    _name = "kinds.tag"
    _description = "Tag"
    _order = "name"
    _parent_store = True

    name = fields.Char()
    active = fields.Boolean(default=True)
    parent_id = fields.Many2one("kinds.tag")
    parent_path = fields.Char(index=True)
    node_ids = fields.Many2many("kinds.node", "kinds_node_tag_rel", "tag_id", "node_id")


class Node(models.Model):
    __module__ = TABLES
    _name = "kinds.node"
    _description = "Node"
    _order = "name, id desc"

    name = fields.Char()
    title = fields.Char(translate=True)
    note = fields.Text()
    color = fields.Integer()
    size = fields.Float()
    weight = fields.Float(digits=(10, 2))
    is_flagged = fields.Boolean()
    kind = fields.Selection([("a", "A"), ("b", "B")])
    day = fields.Date()
    moment = fields.Datetime()
    active = fields.Boolean(default=True)
    parent_id = fields.Many2one("kinds.node")
    child_ids = fields.One2many("kinds.node", "parent_id")
    tag_id = fields.Many2one("kinds.tag")
    tag_ids = fields.Many2many("kinds.tag", "kinds_node_tag_rel", "node_id", "tag_id")
    parent_color = fields.Integer(related="parent_id.color")
    double = fields.Integer(compute="_compute_double", search="_search_double")
    unsearchable = fields.Integer(compute="_compute_double")
    secret = fields.Char(groups="base.group_system")

    def _compute_double(self) -> None:
        for node in self:
            node.double = node.color * 2
            node.unsearchable = 1

    def _search_double(self, operator: str, value: Any) -> list[Any]:
        return [("color", operator, value // 2)]


class Leaf(models.Model):
    __module__ = TABLES
    _name = "kinds.leaf"
    _description = "A node and more"
    _inherits = {"kinds.node": "node_id"}
    _order = "extra"

    node_id = fields.Many2one("kinds.node", required=True, ondelete="cascade")
    extra = fields.Char()
