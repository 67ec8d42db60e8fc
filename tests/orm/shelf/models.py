"""Models of the tests of what an addon may say of fields and models: a library; each attribute stands somewhere."""

from __future__ import annotations

from typing import Any

from fondaco.addon import api, fields, models
from fondaco.errors import AccessError, UserError

MODULE = "test_shelf"
TABLES = "odoo.addons.test_shelf.models"


class Genre(models.Model):
    __module__ = TABLES
    _name = "shelf.genre"
    _description = "Genre"
    _order = "name"

    name = fields.Char(required=True)
    book_ids = fields.Many2many("shelf.book", "shelf_book_genre_rel", "genre_id", "book_id")
    fold = fields.Boolean()


class Author(models.Model):
    __module__ = TABLES
    _name = "shelf.author"
    _description = "Author"
    _rec_name = "pen_name"
    _rec_names_search = ("pen_name", "town")
    _order = "pen_name desc nulls last, id"

    pen_name = fields.Char(index="trigram", unaccent=True)
    town = fields.Char(index="btree_not_null")
    number = fields.Integer(index=True, aggregator="max")
    company_id = fields.Many2one("res.company")
    book_ids = fields.One2many("shelf.book", "author_id", context={"active_test": False})
    wanted = fields.PropertiesDefinition()


class Book(models.Model):
    __module__ = TABLES
    _name = "shelf.book"
    _description = "Book"
    _order = "author_id, name desc, id"
    _check_company_auto = True
    _parent_name = "sequel_of_id"

    name = fields.Char(size=20, required=True, index="btree")
    untrimmed = fields.Char(trim=False)
    summary = fields.Html(sanitize_attributes=False, sanitize_style=True)
    terms = fields.Html(translate=True)
    weight = fields.Float(digits="Book Weight")
    price = fields.Monetary(currency_field="money_id")
    money_id = fields.Many2one("res.currency")
    state = fields.Selection([("new", "New"), ("old", "Old")], default="new", group_expand=True)
    kind = fields.Selection(selection="_kinds")
    read_on = fields.Date()
    read_at = fields.Datetime()
    x_rating = fields.Integer(aggregator="avg", default=3)
    is_lent = fields.Boolean()
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company")
    author_id = fields.Many2one("shelf.author", ondelete="set null", check_company=True, index=True)
    author_id_visible = fields.Many2one("shelf.author", string="Named as a join under rules may be")
    keeper_id = fields.Many2one("shelf.author", ondelete="cascade")
    owner_id = fields.Many2one("shelf.author", ondelete="restrict")
    sequel_of_id = fields.Many2one("shelf.book")
    sequel_ids = fields.One2many("shelf.book", "sequel_of_id")
    genre_ids = fields.Many2many("shelf.genre", "shelf_book_genre_rel", "book_id", "genre_id")
    genre_id = fields.Many2one("shelf.genre", group_expand="_all_genres")
    author_town = fields.Char(related="author_id.town", string="Town")
    author_town_seen = fields.Char(related="author_id.town", string="Town, to whom may see", related_sudo=False)
    stored_number = fields.Integer(related="author_id.number", store=True)
    shop_price = fields.Float(company_dependent=True)
    shop_name = fields.Char(company_dependent=True)
    shop_keeper_id = fields.Many2one("shelf.author", company_dependent=True)
    hidden = fields.Char(groups="base.group_system", export_string_translation=False)
    private = fields.Char(exportable=False, copy=False, prefetch=False)
    code = fields.Char(compute="_compute_code", store=True, precompute=True, readonly=False)
    in_words = fields.Char(compute="_compute_in_words", search="_search_in_words", compute_sudo=False)
    note_ids = fields.One2many("shelf.note", "res_id", domain=lambda self: [("model", "=", self._name)])
    details = fields.Properties(definition="author_id.wanted")
    cover = fields.Image(max_width=64, max_height=64)
    cover_small = fields.Image(related="cover", max_width=16, max_height=16, store=True)
    cover_shown = fields.Image(related="cover", max_width=8, max_height=8)

    _sql_constraints = [("rating_positive", "CHECK (x_rating >= 0)", "A rating is not negative.")]

    @api.model
    def _kinds(self) -> list[tuple[str, str]]:
        return [("paper", "Paper"), ("file", "File")]

    @api.model
    def _all_genres(self, genres: Any, domain: Any) -> Any:
        return genres.search([])

    @api.depends("name", "state")
    def _compute_code(self) -> None:
        for book in self:
            book.code = f"{book.state}/{book.name}"

    @api.depends("x_rating")
    def _compute_in_words(self) -> None:
        for book in self:
            book.in_words = "*" * book.x_rating

    def _search_in_words(self, operator: str, value: Any) -> list[Any]:
        return [("x_rating", operator, len(value))]

    @api.onchange("author_id")
    def _onchange_author_id(self) -> dict[str, Any]:
        return {
            "warning": {"title": "Shelf", "message": "Another author", "type": "notification"},
            "domain": {"keeper_id": [("id", "!=", self.author_id.id)]},
        }

    @api.ondelete(at_uninstall=False)
    def _keep_lent(self) -> None:
        if any(book.is_lent for book in self):
            raise UserError("Lent books stay.")


class Marked(models.AbstractModel):
    __module__ = TABLES
    _name = "shelf.marked"
    _description = "What can be marked"

    mark = fields.Char(default="-")

    def marked(self) -> str:
        return ", ".join(f"{record.mark}{record.display_name}" for record in self)


class BookWithPaper(models.Model):
    """A second module's word on the same model."""

    __module__ = TABLES
    _name = "shelf.book"
    _inherit = ["shelf.book", "shelf.marked"]
    _description = "Book"

    state = fields.Selection(
        selection_add=[("lost", "Lost"), ("torn", "Torn"), ("gone", "Gone"), ("sold", "Sold"), ("burnt", "Burnt")],
        ondelete={
            "burnt": "set null",
            "lost": "set default",
            "torn": "set new",
            "gone": "cascade",
            "sold": lambda records: records.write({"state": "old", "x_rating": 0}),
        },
    )


class Note(models.Model):
    __module__ = TABLES
    _name = "shelf.note"
    _description = "Note"
    _log_access = False

    model = fields.Char()
    res_id = fields.Many2oneReference(model_field="model", index=True)
    text = fields.Char()


class Statistics(models.Model):
    __module__ = TABLES
    _name = "shelf.statistics"
    _description = "Books by author"
    _auto = False
    _order = "books desc"
    _depends = {"shelf.book": ["author_id", "x_rating", "active"]}

    author_id = fields.Many2one("shelf.author", readonly=True)
    books = fields.Integer(readonly=True)
    rating = fields.Float(readonly=True)

    @property
    def _table_query(self) -> str:
        return """SELECT min(id) AS id, author_id, count(*) AS books, sum(x_rating) AS rating
                  FROM shelf_book WHERE active GROUP BY author_id"""


class View(models.Model):
    __module__ = TABLES
    _name = "shelf.view"
    _description = "A view of the database"
    _auto = False

    name = fields.Char(readonly=True)

    def init(self) -> None:
        self.env.cr.execute("CREATE OR REPLACE VIEW shelf_view AS SELECT id, name FROM shelf_book WHERE active")


class Wizard(models.TransientModel):
    __module__ = TABLES
    _name = "shelf.wizard"
    _description = "Wizard"
    _transient_max_hours = 1
    _transient_max_count = 3

    name = fields.Char()
    book_ids = fields.Many2many("shelf.book")


class Drawer(models.Model):
    __module__ = TABLES
    _name = "shelf.drawer"
    _description = "Drawer"
    _active_name = "x_active"

    name = fields.Char()
    x_active = fields.Boolean(default=True)
    secret_code = fields.Char(compute="_compute_secret_code", compute_sudo=True)
    reader = fields.Char(compute="_compute_reader")
    author_id = fields.Many2one("shelf.author", delegate=True, required=True, ondelete="cascade")

    def _compute_secret_code(self) -> None:
        for drawer in self:
            drawer.secret_code = str(drawer.env.su)

    @api.depends_context("uid", "lang", "reader")
    def _compute_reader(self) -> None:
        for drawer in self:
            drawer.reader = f"{drawer.env.uid} {drawer.env.context.get('reader')}"


class Mislabelled(models.Model):
    __module__ = TABLES
    _name = "shelf.mislabelled"
    _description = "Mislabelled"

    name = fields.Char(comodel_name="A Label")
    twin = fields.Char(compute="_compute_twin", store=True)

    @api.depends("name")
    def _compute_twin(self):
        for record in self:
            record.twin = record.name


class Parcel(models.Model):
    __module__ = TABLES
    _name = "shelf.parcel"
    _description = "Parcel"

    extra = fields.Serialized()
    height = fields.Integer(sparse="extra")
    note = fields.Char(sparse="extra")
    sealed = fields.Boolean(sparse="extra", readonly=True)


class ShelfView(models.Model):
    """What an addon does that brings a kind of node of its own."""

    _inherit = "ir.ui.view"
    _module = MODULE

    def _postprocess_tag_shelfmark(self, node: Any, name_manager: Any, node_info: Any) -> None:
        name_manager.has_field(node, node.get("field"))
        name_manager.must_have_field(node, "is_lent", "a mark")
        node.set("class", "mark")

    def _validate_tag_shelfmark(self, node: Any, name_manager: Any, node_info: Any) -> None:
        if not node.get("field"):
            self._raise_view_error("a mark needs a field", node)
        name_manager.must_have_fields(node, [node.get("field")], "a mark")

    def _postprocess_tag_field(self, node: Any, name_manager: Any, node_info: Any) -> None:
        super()._postprocess_tag_field(node, name_manager, node_info)
        if node.get("class") == "taken":
            node.getparent().remove(node)

    def _postprocess_access_rights(self, tree: Any) -> None:
        super()._postprocess_access_rights(tree)
        if tree.get("string") == "Kept":
            tree.set("create", "False")


class Grown(models.AbstractModel):
    """What gives a model a field of Python's making while it is set up, as addons do for fields that a file sets."""

    __module__ = TABLES
    _name = "shelf.grown"
    _description = "Model with a field made while it is set up"

    in_file = fields.Char(compute="_compute_in_file")

    def _setup_base(self) -> None:
        super()._setup_base()
        self._add_field("from_file", fields.Char(compute="_compute_from_file"))

    @api.depends_context("shelf_file")
    def _compute_from_file(self) -> None:
        for record in self:
            record["from_file"] = self.env.context.get("shelf_file")

    @api.depends("from_file")
    def _compute_in_file(self) -> None:
        for record in self:
            record.in_file = f"<{record['from_file']}>"


class Lamp(models.Model):
    """A model whose definition gets fields when it is put into a registry."""

    __module__ = TABLES
    _name = "shelf.lamp"
    _inherit = ["shelf.grown"]
    _description = "Lamp"

    @classmethod
    def _build_model(cls, pool: Any, cr: Any) -> Any:
        if "colour" not in vars(cls):
            setattr(cls, "colour", fields.Char(default="red"))  # noqa: B010
            vars(cls)["colour"].__set_name__(cls, "colour")
        return super()._build_model(pool, cr)


class Letter(models.Model):
    """A model that decides in its code, by searches, who sees what."""

    __module__ = TABLES
    _name = "shelf.letter"
    _description = "Letter"

    name = fields.Char()
    text = fields.Char()
    active = fields.Boolean(default=True)
    book_id = fields.Many2one("shelf.book")

    @api.model
    def _search(self, domain: Any, *args: Any, **options: Any) -> Any:
        return super()._search([("name", "!=", "sealed"), *domain], *args, **options)


class Diary(models.Model):
    """A model that decides in its code, record by record, who sees what; it looks at its records with the user's
    rights."""

    __module__ = TABLES
    _name = "shelf.diary"
    _description = "Diary"

    name = fields.Char()
    text = fields.Char()

    def _check_access(self, operation: str) -> Any:
        refused = super()._check_access(operation)
        sealed = self.filtered(lambda diary: diary.name == "sealed") if operation == "read" else self.browse()
        if refused is None and sealed:
            return sealed, lambda: AccessError(f"{len(sealed)} sealed")
        return refused
