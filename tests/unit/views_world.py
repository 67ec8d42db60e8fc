"""Models, rights and groups for tests of archs: orders with lines, and everything known of them."""

from types import SimpleNamespace

from fondaco.views.arch import parse


def field(kind="char", comodel=None, groups=None, domain=None):
    return SimpleNamespace(type=kind, comodel_name=comodel, groups=groups, domain=domain)


class Order:
    _name = "order"
    _fields = {
        "id": field("integer"),
        "write_date": field("datetime"),
        "name": field(),
        "state": field("selection"),
        "margin": field("float", groups="base.boss"),
        "partner_id": field("many2one", "partner", domain="[('company', '=', company_id)]"),
        "company_id": field("many2one", "partner"),
        "line_ids": field("one2many", "line"),
        "tag_ids": field("many2many", "partner"),
        "ordered_on": field("date"),
    }

    def confirm(self): ...


class Line:
    _name = "line"
    _fields = {"qty": field("float"), "price": field("float"), "id": field("integer"), "write_date": field("datetime")}


class Partner:
    _name = "partner"
    _fields = {"name": field(), "company": field("many2one", "partner")}


class World:
    """Everything known, nothing but base.user granted."""

    def __init__(self, *groups, rights=("create", "write", "unlink")):
        self.groups, self.rights = groups, rights

    def model(self, name):
        return {"order": Order(), "line": Line(), "partner": Partner()}.get(name)

    def has_groups(self, groups):
        return bool(set(groups.split(",")).intersection(self.groups))

    def may(self, model, operation):
        return operation in self.rights

    def has_onchange(self, model, name):
        return name == "partner_id"

    def is_read_by(self, model, name, others):
        return name == "ordered_on" and any(other is Line._fields["price"] for other in others)

    def default_arch(self, model, kind):
        return parse('<list><field name="qty"/></list>') if (model, kind) == ("line", "list") else None

    def has_method(self, model, name):
        return hasattr(model, name)

    def knows_group(self, xmlid):
        return xmlid == "base.boss"

    def hook(self, tag):
        return None

    def knows_action(self, name):
        return name.isdigit()
