"""Records leave as a table: which columns there are, and the file."""

import json
import logging
import os

from werkzeug.exceptions import InternalServerError
from werkzeug.wsgi import wrap_file

from fondaco.addon import _, http
from fondaco.faults import json_error

from ..models.export_file import TYPES, Wanted, exported

_logger = logging.getLogger(__name__)

DEEPEST = 3
"""A path of this many names leads to values only."""
ATTRIBUTES = (
    "type",
    "string",
    "required",
    "relation",
    "relation_field",
    "default_export_compatible",
    "exportable",
)
PARENT_ATTRIBUTES = ("type", "string", "required", "relation", "relation_field", "default_export_compatible")


class Export(http.Controller):
    @http.route("/web/export/formats", type="json", auth="user", readonly=True)
    def formats(self):
        return [{"tag": "xlsx", "label": "XLSX", "error": None}, {"tag": "csv", "label": "CSV"}]

    @http.route("/web/export/get_fields", type="json", auth="user", readonly=True)
    def get_fields(
        self,
        model,
        domain,
        prefix="",
        parent_name="",
        import_compat=True,
        parent_field_type=None,
        parent_field=None,
        exclude=None,
    ):
        """The columns one step below `prefix`, sorted by label; those with `children` can be opened further."""
        columns = self._columns(model, import_compat, parent_field_type if prefix else None, parent_field)
        rows = []
        for name, field in sorted(columns.items(), key=lambda item: item[1]["string"].lower()):
            if not field.get("exportable", True) or (prefix and name in (exclude or ())):
                continue
            path = f"{prefix}/{name}" if prefix else name
            label = f"{parent_name}/{field['string']}" if parent_name else field["string"]
            is_name = import_compat and prefix and name == http.request.env[model]._rec_name
            rows.append(self._row(path, label, field, import_compat, value=prefix if is_name else path))
        return rows

    def _columns(self, model, is_compatible, parent_type, parent_field):
        """Attributes by name. A record that is linked to is imported again by its name or its external id."""
        records = http.request.env[model]
        columns = records.fields_get(attributes=ATTRIBUTES)
        if is_compatible and parent_type in ("many2one", "many2many"):
            kept = {records._rec_name} & columns.keys()
            columns = {name: columns[name] for name in kept}
            columns["id"] = {**(parent_field or {"type": parent_type})}
        for name in [name for name, column in columns.items() if column["type"] == "properties"]:
            if columns.pop(name).get("exportable", True):
                columns.update(records._property_columns(name))  # each is a column
        columns.setdefault("id", {"type": "integer"})
        columns["id"] = {**columns["id"], "string": _("External ID"), "relation": None}
        return columns

    def _row(self, path, label, field, is_compatible, *, value):
        row = {
            "id": path,
            "string": label,
            "value": value,
            "children": False,
            "field_type": field.get("type"),
            "required": field.get("required"),
            "relation_field": field.get("relation_field"),
            "default_export": field.get("default_export_compatible") if is_compatible else False,
        }
        if field.get("relation") and path.count("/") + 1 < DEEPEST:
            row["children"] = True
            if is_compatible:
                row["value"] = f"{value}/id"
            parent_field = {name: field[name] for name in PARENT_ATTRIBUTES if field.get(name) is not None}
            row["params"] = {
                "model": field["relation"],
                "prefix": path,
                "name": label,
                "parent_field": parent_field,
            }
        return row

    @http.route("/web/export/namelist", type="json", auth="user", readonly=True)
    def namelist(self, model, export_id):
        """Columns of a saved export: {name, label}; those whose field is gone are left out."""
        export = http.request.env["ir.exports"].browse([export_id]).exists()
        found = ((line.name, self._label(model, line.name)) for line in export.export_fields)
        return [{"name": name, "label": label} for name, label in found if label]

    def _label(self, model, path):
        labels = []
        for name in path.split("/"):
            described = self._described(model, name) if model else {}
            if name == "id":
                described = {"id": {"string": _("External ID")}}
            if name not in described:
                return ""
            labels.append(described[name]["string"])
            model = described[name].get("relation")
        return "/".join(labels)

    def _described(self, model, name):
        records = http.request.env[model]
        field_name = name.partition(".")[0]
        described = records.fields_get([field_name], ["type", "string", "relation"])
        if field_name != name and described.get(field_name, {}).get("type") == "properties":
            return records._property_columns(field_name)
        return described

    @http.route("/web/export/csv", type="http", auth="user")
    def csv(self, data):
        return self._file(data, "csv")

    @http.route("/web/export/xlsx", type="http", auth="user")
    def xlsx(self, data):
        return self._file(data, "xlsx")

    def _file(self, data, kind):
        """The answer; what fails is told in the envelope of RPC, inside the page of the error."""
        try:
            wanted = Wanted.of(data)
            name, file = exported(http.request.env, wanted, kind)
        except Exception as error:  # fields run code of their models; the client shows what it is told here
            _logger.warning("export failed: %s", type(error).__name__, exc_info=True)
            raise InternalServerError(json.dumps(json_error(error))) from error
        response = http.Response(wrap_file(http.request.environ, file), direct_passthrough=True)
        response.headers["Content-Type"] = TYPES[kind]
        response.headers["Content-Length"] = str(os.fstat(file.fileno()).st_size)
        response.headers["Content-Disposition"] = http.content_disposition(name)
        return response
