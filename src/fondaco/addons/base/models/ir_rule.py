"""Which records of a model a user may reach: rules whose domains are joined into one."""

from __future__ import annotations

import logging

from fondaco.addon import _, api, fields, models
from fondaco.domain.polish import AND, OR
from fondaco.errors import AccessError, ValidationError
from fondaco.registry.ormcache import ormcache
from fondaco.security.safe_eval import safe_eval
from fondaco.security.sandbox import MODULES
from fondaco.sql.fragment import SQL

_logger = logging.getLogger(__name__)
MODES = ("read", "write", "create", "unlink")
MOST_SHOWN = 6  # records that a refusal names


class IrRule(models.Model):
    _name = "ir.rule"
    _description = "Record Rule"
    _order = "model_id DESC,id"
    _sql_constraints = [
        (
            "no_access_rights",
            "CHECK (perm_read!=False or perm_write!=False or perm_create!=False or perm_unlink!=False)",
            "Choose what the rule is about: reading, creating, writing or deleting.",
        ),
    ]

    name = fields.Char(string="Name", index=True)
    active = fields.Boolean(string="Active", default=True)
    model_id = fields.Many2one("ir.model", string="Model", required=True, index=True, ondelete="cascade")
    groups = fields.Many2many(
        "res.groups",
        "rule_group_rel",
        "rule_group_id",
        "group_id",
        string="Groups",
        ondelete="restrict",
    )
    domain_force = fields.Text(string="Domain")
    perm_read = fields.Boolean(string="Read", default=True)
    perm_write = fields.Boolean(string="Write", default=True)
    perm_create = fields.Boolean(string="Create", default=True)
    perm_unlink = fields.Boolean(string="Delete", default=True)
    vars()["global"] = fields.Boolean(string="Global", compute="_compute_global", store=True)

    @api.depends("groups")
    def _compute_global(self):
        for rule in self:
            rule["global"] = not rule.groups

    @api.model
    def _eval_context(self):
        """Names that the domain of a rule may use."""
        return {
            "user": self.env.user.with_context({}),
            "time": MODULES["time"],
            "company_ids": self.env.companies.ids,
            "company_id": self.env.company.id,
        }

    def _compute_domain_keys(self):
        """Context keys on which domains depend."""
        return ["allowed_company_ids"]

    def _compute_domain_context_values(self):
        for key in self._compute_domain_keys():
            value = self.env.context.get(key)
            yield tuple(value) if isinstance(value, list) else value

    @api.constrains("model_id")
    def _check_model_name(self):
        if any(rule.model_id.model == self._name for rule in self):
            raise ValidationError(_("Record rules cannot have record rules."))

    @api.constrains("active", "domain_force", "model_id")
    def _check_domain(self):
        context = self._eval_context()
        for rule in self:
            if not (rule.active and rule.domain_force) or rule.model_id.model not in self.env:
                continue
            try:
                domain = safe_eval(rule.domain_force, context)
                self.env[rule.model_id.model].sudo()._where_calc(domain)
            except Exception as error:  # noqa: BLE001 - whatever a domain does wrong is the author's answer
                raise ValidationError(_("The domain cannot be used: %s", error)) from error

    def _get_rules(self, model_name, mode="read"):
        """Rules of the user's groups, and the global ones, that apply to `mode` on a model."""
        if mode not in MODES:
            raise ValueError(f"ir.rule: invalid mode {mode!r}; expected one of {MODES}")
        if self.env.su:
            return self.browse(())
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.id
                  FROM ir_rule r
                  JOIN ir_model m ON m.id = r.model_id
                 WHERE m.model = %s AND r.active AND %s
                   AND (r.global OR EXISTS (SELECT 1 FROM rule_group_rel g
                                             WHERE g.rule_group_id = r.id AND g.group_id = ANY(%s)))
                 ORDER BY r.id
                """,
                model_name,
                SQL.identifier("r", f"perm_{mode}"),
                list(self.env.user._get_group_ids()),
            )
        )
        return self.browse(id_ for (id_,) in rows)

    @api.model
    def _compute_domain(self, model_name, mode="read"):
        """The domain that the user's records of a model satisfy; None when no rule applies.

        Global rules all hold; of the rules of groups one is enough. Rules of the models a model delegates to hold too.
        """
        if self.env.su:
            return None
        return self._domain_for(self.env.uid, model_name, mode, tuple(self._compute_domain_context_values()))

    @ormcache("uid", "model_name", "mode", "context_values")
    def _domain_for(self, uid, model_name, mode, context_values):
        parents = []
        for parent, field_name in self.env[model_name]._inherits.items():
            domain = self._compute_domain(parent, mode)
            if domain:
                parents.append([(field_name, "any", domain)])
        rules = self._get_rules(model_name, mode).sudo()
        if not rules and not parents:
            return None
        context = self._eval_context()
        groups = self.env.user._get_group_ids()
        everywhere: list[list] = []
        by_group: list[list] = []
        for rule in rules:
            domain = safe_eval(rule.domain_force, context) if rule.domain_force else []
            if not rule.groups:
                everywhere.append(domain)
            elif any(group.id in groups for group in rule.groups):
                by_group.append(domain)
        alternatives = [OR(by_group)] if by_group else []
        return AND(parents + everywhere + alternatives)

    def _get_failing(self, for_records, mode="read"):
        """Rules that keep the user from some of the records."""
        model = for_records.browse(()).sudo()
        context = self._eval_context()
        rules = self._get_rules(model._name, mode=mode).sudo()
        by_group = rules.filtered(lambda rule: rule.groups)
        domains = OR([safe_eval(rule.domain_force, context) if rule.domain_force else [] for rule in by_group])
        ids = for_records.ids
        if by_group and model.search_count(AND([domains, [("id", "in", ids)]])) < len(set(ids)):
            failing = by_group
        else:
            failing = self.browse(())
        for rule in rules - by_group:
            domain = safe_eval(rule.domain_force, context) if rule.domain_force else []
            if model.search_count(AND([domain, [("id", "in", ids)]])) < len(set(ids)):
                failing += rule
        return failing.with_user(self.env.user)

    def _make_access_error(self, operation, records):
        """The refusal: what was tried on which records, and for those who administer, the rules that refuse."""
        _logger.info(
            "access denied by record rules uid=%s model=%s operation=%s", self.env.uid, records._name, operation
        )
        self = self.with_context(self.env.user.context_get())
        model = records._name
        label = self.env["ir.model"]._get(model).sudo().name or model
        what = _(
            "%(user)s may not do this with %(label)s (%(operation)s).",
            user=self.env.user.name,
            label=label,
            operation=operation,
        )
        way = _("An administrator can give access.")
        if not (self.env.user._is_internal() and self.env.user.has_group("base.group_no_one")):
            return AccessError(f"{what}\n{way}")
        rules = self._get_failing(records, mode=operation).sudo()
        lines = [
            what,
            *(f"- {record.display_name} ({model}: {record.id})" for record in records[:MOST_SHOWN].sudo()),
            _("Refused by: %s", ", ".join(rule.name for rule in rules)),
            way,
        ]
        error = AccessError("\n".join(lines))
        records.invalidate_recordset()  # what was read to write the message must not stay readable
        return error

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self.env.flush_all()
        self.env.registry.clear_cache()
        return rules

    def write(self, vals):
        done = super().write(vals)
        self.env.flush_all()
        self.env.registry.clear_cache()
        return done

    def unlink(self):
        done = super().unlink()
        self.env.registry.clear_cache()
        return done
