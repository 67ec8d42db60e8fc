"""The door to the methods of models: `call_kw` and its sisters."""

import logging

import psycopg.errors

from fondaco.addon import _, http
from fondaco.errors import MissingError, RedirectWarning, UserError
from fondaco.orm.integrity import explain_integrity_error
from fondaco.rpc.call import call_kw, is_readonly
from fondaco.sql.fragment import SQL

from .action import clean_action

log = logging.getLogger(__name__)
ODD = (KeyError, TypeError, ValueError, AttributeError, psycopg.DataError, psycopg.ProgrammingError)
"""What comes of an entry that names no model or no ids, or of code that did not expect them."""


class DataSet(http.Controller):
    def _call_kw_readonly(self):
        """Whether the method called is marked as one that writes nothing."""
        params = http.request.get_json_data()["params"]
        return is_readonly(http.request.registry[params["model"]], params["method"])

    @http.route(
        ["/web/dataset/call_kw", "/web/dataset/call_kw/<path:path>"],
        type="json",
        auth="user",
        readonly=_call_kw_readonly,
    )
    def call_kw(self, model, method, args, kwargs, path=None):
        return call_kw(http.request.env[model], method, args, kwargs)

    @http.route(
        ["/web/dataset/call_button", "/web/dataset/call_button/<path:path>"],
        type="json",
        auth="user",
        readonly=_call_kw_readonly,
    )
    def call_button(self, model, method, args, kwargs, path=None):
        """As `call_kw`; only an action comes back."""
        action = call_kw(http.request.env[model], method, args, kwargs)
        if isinstance(action, dict) and action.get("type") != "":
            return clean_action(action, env=http.request.env)
        return False

    @http.route("/web/dataset/resequence", type="json", auth="user")
    def resequence(self, model, ids, field="sequence", offset=0, context=None):
        """Number the records in the order of `ids`; False where the model has no such field."""
        if context:
            http.request.update_context(**context)
        records = http.request.env[model].browse(ids)
        if field not in records._fields:
            return False
        number_in_order(records, field, offset)
        return True

    @http.route("/web/dataset/unlink_in_turn", type="json", auth="user")
    def unlink_in_turn(self, deletions):
        """Delete `[{model, ids, context}, ...]` one after the other, as a page asks that is being closed.

        What is refused stays and is in nobody's way. The answer has for each the sentence of the refusal, or "".
        """
        return [_refusal(http.request.env, deletion) for deletion in deletions]


def number_in_order(records, field, offset):
    """Give the records the numbers from `offset` on; those that have theirs are left alone.

    All are read before the first is written: then who may write is known of all of them, and one UPDATE takes them. All
    are locked before, where the numbers stand: two who order the same records write different ones, and their numbers
    would mix.
    """
    _lock(_holders(records, field))
    wanted = [(record, number) for number, record in enumerate(records, offset) if record[field] != number]
    for record, number in wanted:
        record.write({field: number})


def _holders(records, field):
    """The records in whose table the values of `field` stand: those that these inherit from, where it is theirs."""
    while records._fields[field].inherited:
        records = records.sudo()[records._fields[field].related.split(".")[0]]
    return records


def _lock(records):
    table = SQL.identifier(records._table)
    records.env.cr.execute(
        SQL("SELECT FROM %s WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", table, list(records.ids))
    )


def _refusal(env, deletion):
    try:
        with env.cr.savepoint():
            model, ids, context = deletion["model"], deletion["ids"], deletion.get("context") or {}
            call_kw(env[model], "unlink", [ids], {"context": context})
    except MissingError:
        return ""  # as was wished
    except psycopg.errors.IntegrityError as error:
        return str(explain_integrity_error(env, error))
    except (UserError, RedirectWarning) as error:
        return str(error.args[0] if error.args else "") or _("This cannot be deleted.")
    except ODD:
        log.warning("a deletion could not be carried out: %.200r", deletion, exc_info=True)
        return _("This could not be deleted; the server's log says why.")
    return ""
