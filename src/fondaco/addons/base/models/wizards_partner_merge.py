"""How contacts that are the same become one: references move to it, then the others go."""

from __future__ import annotations

import logging

import psycopg

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.sql.fragment import SQL
from fondaco.values.syntax import literal as literal_eval

_logger = logging.getLogger("odoo.addons.base.partner.merge")
# What a contact keeps of its own when it takes over from others.
KEPT = ("id", "parent_id", "create_uid", "write_uid", "create_date", "write_date")
LARGEST = 3


class MergePartnerLine(models.TransientModel):
    _name = "base.partner.merge.line"
    _description = "Merge Partner Line"
    _order = "min_id asc"

    wizard_id = fields.Many2one("base.partner.merge.automatic.wizard", string="Wizard")
    min_id = fields.Integer(string="MinID")
    aggr_ids = fields.Char(string="Ids", required=True)


class MergePartnerAutomatic(models.TransientModel):
    _name = "base.partner.merge.automatic.wizard"
    _description = "Merge Partner Wizard"

    group_by_email = fields.Boolean(string="Email")
    group_by_name = fields.Boolean(string="Name")
    group_by_is_company = fields.Boolean(string="Is Company")
    group_by_vat = fields.Boolean(string="VAT")
    group_by_parent_id = fields.Boolean(string="Parent Company")
    state = fields.Selection(
        selection=[
            ("option", "Option"),
            ("selection", "Selection"),
            ("finished", "Finished"),
        ],
        string="State",
        readonly=True,
        required=True,
        copy=False,
        default="option",
    )
    number_group = fields.Integer(string="Group of Contacts", readonly=True)
    current_line_id = fields.Many2one("base.partner.merge.line", string="Current Line")
    line_ids = fields.One2many("base.partner.merge.line", "wizard_id", string="Lines")
    partner_ids = fields.Many2many(
        "res.partner",
        "base_partner_merge_automatic_wizard_res_partner_rel",
        "base_partner_merge_automatic_wizard_id",
        "res_partner_id",
        string="Contacts",
        context={"active_test": False},
    )
    dst_partner_id = fields.Many2one("res.partner", string="Destination Contact")
    exclude_contact = fields.Boolean(string="A user associated to the contact")
    exclude_journal_item = fields.Boolean(string="Journal Items associated to the contact")
    maximum_group = fields.Integer(string="Maximum of Group of Contacts")

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        active = self.env.context.get("active_ids")
        if self.env.context.get("active_model") == "res.partner" and active:
            if "state" in fields:
                values["state"] = "selection"
            if "partner_ids" in fields:
                values["partner_ids"] = [(6, 0, active)]
            if "dst_partner_id" in fields:
                values["dst_partner_id"] = self._best_last(active)[-1].id
        return values

    @api.model
    def _best_last(self, partner_ids):
        """Contacts, the one to keep last: active before archived, the oldest last."""
        by_age = self.env["res.partner"].browse(partner_ids).sorted("create_date", reverse=True)
        active = by_age.filtered("active")
        return (by_age - active) + active

    # -- merging --------------------------------------------------------------------------------------------------

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Make one contact of several."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        if len(partners) < 2:
            return
        keep = dst_partner if dst_partner and dst_partner in partners else self._best_last(partners.ids)[-1]
        self._refuse_unlike(partners, keep, extra_checks)
        gone = partners - keep
        self.env.flush_all()
        self._move_links(gone, keep)
        self._move_references(gone, keep)
        self._complete(gone, keep)
        _logger.info("contacts merged kept=%s gone=%s uid=%s", keep.id, gone.ids, self.env.uid)
        self.env.invalidate_all()
        self.env.registry.clear_cache()  # users and companies may have another contact now
        gone.unlink()

    def _refuse_unlike(self, partners, keep, extra_checks):
        """Refuse what cannot be one contact, and with `extra_checks` what most likely is none."""
        above = [("id", "in", partners.ids), ("id", "parent_of", partners.parent_id.ids)]
        if partners.parent_id and self.env["res.partner"].search_count(above):
            raise UserError(_("A contact cannot be merged with the company it lies below."))
        if not extra_checks:
            return
        if len(partners) > LARGEST:
            raise UserError(_("At most %s contacts are merged at a time: go on with the others afterwards.", LARGEST))
        if len(set(partners.mapped("email"))) > 1 and not self.env.is_admin():
            raise UserError(_("These contacts have different addresses: only administrators may merge them."))
        users_of = partners.with_context(active_test=False)
        if users_of.filtered("user_ids") - keep and users_of.browse(keep.id).user_ids:
            raise UserError(_("Contacts of several users cannot be merged."))

    def _move_links(self, gone, keep):
        """Let columns that point at the others point at the kept one; rows that would repeat a key go."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.conrelid::regclass::text, a.attname
                  FROM pg_constraint c
                  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                 WHERE c.contype = 'f' AND c.confrelid = 'res_partner'::regclass AND array_length(c.conkey, 1) = 1
                """
            )
        )
        for table, column in rows:
            if table.startswith("base_partner_merge_"):
                continue
            table_sql, column_sql = SQL.identifier(table.strip('"')), SQL.identifier(column)
            for partner in gone:
                try:
                    with self.env.cr.savepoint(flush=False):
                        self.env.cr.execute(
                            SQL(
                                "UPDATE %s SET %s = %s WHERE %s = %s",
                                table_sql,
                                column_sql,
                                keep.id,
                                column_sql,
                                partner.id,
                            )
                        )
                except psycopg.errors.UniqueViolation:
                    self.env.cr.execute(SQL("DELETE FROM %s WHERE %s = %s", table_sql, column_sql, partner.id))
        self.env.cr.execute(
            SQL("UPDATE res_partner SET parent_id = NULL WHERE id = %s AND parent_id = %s", keep.id, keep.id)
        )

    def _move_references(self, gone, keep):
        """The same for columns that name model and id."""
        for model, model_field, id_field in (
            ("ir.attachment", "res_model", "res_id"),
            ("ir.model.data", "model", "res_id"),
        ):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE %s = 'res.partner' AND %s = ANY(%s)",
                    SQL.identifier(self.env[model]._table),
                    SQL.identifier(id_field),
                    keep.id,
                    SQL.identifier(model_field),
                    SQL.identifier(id_field),
                    list(gone.ids),
                )
            )
        for field in self.env["ir.model.fields"].sudo().search([("ttype", "=", "reference"), ("store", "=", True)]):
            model = self.env.get(field.model)
            if model is None or model._abstract or not model._auto or field.name not in model._fields:
                continue
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE %s = ANY(%s)",
                    SQL.identifier(model._table),
                    SQL.identifier(field.name),
                    f"res.partner,{keep.id}",
                    SQL.identifier(field.name),
                    [f"res.partner,{id_}" for id_ in gone.ids],
                )
            )

    def _complete(self, gone, keep):
        """Fill what the kept contact lacks from the others."""
        values = {}
        for name, field in keep._fields.items():
            is_told = field.store and not (field.compute or field.related or field.type in ("many2many", "one2many"))
            if not is_told or name in KEPT or keep[name]:
                continue
            teller = next((partner for partner in reversed(gone) if partner[name]), None)
            if teller is not None:
                values[name] = field.convert_to_write(teller[name], teller)
        above = next((partner.parent_id for partner in gone if partner.parent_id - keep), None)
        if above and not keep.parent_id:
            values["parent_id"] = above.id
        keep.write(values)

    # -- finding --------------------------------------------------------------------------------------------------

    def _criteria(self):
        names = [name[len("group_by_") :] for name in self._fields if name.startswith("group_by_") and self[name]]
        if not names:
            raise UserError(_("Choose at least one criterion."))
        return names

    def _find_groups(self):
        """Make one line for each group of contacts that look alike."""
        self.ensure_one()
        keys, conditions = [], [SQL("active")]
        for name in self._criteria():
            column = SQL.identifier(name)
            if name in ("email", "name"):
                keys.append(SQL("lower(%s)", column))
            elif name == "vat":
                keys.append(SQL("replace(%s, ' ', '')", column))
            else:
                keys.append(column)
            if name in ("email", "name", "vat"):
                conditions.append(SQL("%s IS NOT NULL", column))
        self.env["res.partner"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT min(id), array_agg(id) FROM res_partner WHERE %s"
                " GROUP BY %s HAVING count(*) >= 2 ORDER BY min(id) %s",
                SQL(" AND ").join(conditions),
                SQL(", ").join(keys),
                SQL("LIMIT %s", self.maximum_group) if self.maximum_group else SQL(""),
            )
        )
        lines = self.env["base.partner.merge.line"]
        for least, ids in rows:
            if self.exclude_contact and self.env["res.users"].search_count([("partner_id", "in", ids)]):
                continue
            lines.create({"wizard_id": self.id, "min_id": least, "aggr_ids": str(ids)})
        self.write({"state": "selection", "number_group": len(self.line_ids)})

    def _show_next(self):
        """Show the next group, or the end."""
        self.env.invalidate_all()
        line = self.line_ids[:1]
        if line:
            ids = literal_eval(line.aggr_ids)
            shown = {"state": "selection", "partner_ids": [(6, 0, ids)], "dst_partner_id": self._best_last(ids)[-1].id}
        else:
            shown = {"state": "finished", "partner_ids": [(5, 0, 0)]}
        self.write({"current_line_id": line.id, **shown})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_skip(self):
        if self.current_line_id:
            self.current_line_id.unlink()
        return self._show_next()

    def action_start_manual_process(self):
        self._find_groups()
        return self._show_next()

    def action_start_automatic_process(self):
        """Merge every group without asking."""
        self._find_groups()
        self.env.invalidate_all()
        for line in self.line_ids:
            self._merge(literal_eval(line.aggr_ids))
            line.unlink()
        self.write({"state": "finished"})
        return self._show_next()

    def parent_migration_process_cb(self):
        return self.action_start_automatic_process()

    def action_update_all_process(self):
        """Merge without asking contacts that share tax number and name, then those that share address and name."""
        kept_out = {"exclude_contact": self.exclude_contact, "exclude_journal_item": self.exclude_journal_item}
        for criterion in ("group_by_vat", "group_by_email"):
            wizard = self.create({criterion: True, "group_by_name": True, **kept_out})
            wizard.action_start_automatic_process()
        return self._show_next()

    def action_merge(self):
        """Merge the group that is shown."""
        if not self.partner_ids:
            self.write({"state": "finished"})
            return self._show_next()
        self._merge(self.partner_ids.ids, self.dst_partner_id)
        if self.current_line_id:
            self.current_line_id.unlink()
        return self._show_next()
