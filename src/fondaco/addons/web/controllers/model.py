"""What are these models made of: for scripts of the client that build records without the server."""

import json

from fondaco.addon import http

ATTRIBUTES = (
    "context",
    "definition_record",
    "definition_record_field",
    "domain",
    "name",
    "readonly",
    "related",
    "relation",
    "relation_field",
    "required",
    "searchable",
    "selection",
    "store",
    "string",
    "type",
)


class Model(http.Controller):
    @http.route("/web/model/get_definitions", type="http", auth="user", methods=["POST"])
    def get_model_definitions(self, model_names, **kwargs):
        """By model, of those that the user may read: description, fields, what it inherits, order, names of fields."""
        env = http.request.env
        names = [name for name in json.loads(model_names) if name in env and env[name].has_access("read")]
        return http.request.make_json_response({name: definition(env[name], names) for name in names})


def definition(model, names):
    """One model; relations to models that were not asked for are left out."""
    described = model.fields_get(attributes=ATTRIBUTES)
    return {
        "description": model._description,
        "fields": {
            name: field for name, field in described.items() if not field.get("relation") or field["relation"] in names
        },
        "inherit": [name for name in inherited(model) if name in names],
        "order": model._order,
        "parent_name": model._parent_name,
        "rec_name": model._rec_name,
    }


def inherited(model):
    """The models that this one is made from, nearest first."""
    names = (getattr(kind, "_name", None) for kind in type(model).__mro__)
    return [name for name in dict.fromkeys(names) if name and name != model._name]
