"""How contacts that are the same become one: references move to it, then the others go."""

from __future__ import annotations

import logging
from ast import literal_eval

import psycopg

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.sql.fragment import SQL

_logger = logging.getLogger("odoo.addons.base.partner.merge")
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
                values["dst_partner_id"] = self._get_ordered_partner(active)[-1].id
        return values

    @api.model
    def _get_ordered_partner(self, partner_ids):
        """Contacts, the one to keep last: active before archived, the oldest last."""
        return (
            self.env["res.partner"]
            .browse(partner_ids)
            .sorted(
                key=lambda partner: (not partner.active, partner.create_date or fields.Datetime.now()), reverse=True
            )
        )

    # -- merging --------------------------------------------------------------------------------------------------

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Make one contact of several."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        if len(partners) < 2:
            return
        if len(partners) > LARGEST and extra_checks:
            raise UserError(_("At most three contacts are merged at a time: go on with the others afterwards."))
        below = self.env["res.partner"].search([("id", "child_of", partners.ids)]) - partners
        if below & partners:
            raise UserError(_("A contact cannot be merged with the company it lies below."))
        if extra_checks and len({partner.email for partner in partners}) > 1 and not self.env.is_admin():
            raise UserError(_("These contacts have different addresses: only administrators may merge them."))
        keep = dst_partner if dst_partner and dst_partner in partners else self._get_ordered_partner(partners.ids)[-1]
        gone = partners - keep
        if (
            extra_checks
            and gone.with_context(active_test=False).user_ids
            and keep.with_context(active_test=False).user_ids
        ):
            raise UserError(_("Contacts of several users cannot be merged."))
        self.env.flush_all()
        self._update_foreign_keys(gone, keep)
        self._update_references(gone, keep)
        self._update_values(gone, keep)
        _logger.info("contacts merged kept=%s gone=%s uid=%s", keep.id, gone.ids, self.env.uid)
        self.env.invalidate_all()
        gone.unlink()

    def _update_foreign_keys(self, gone, keep):
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

    def _update_references(self, gone, keep):
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

    def _update_values(self, gone, keep):
        """Fill what the kept contact lacks from the others."""
        values = {}
        for name, field in keep._fields.items():
            if (
                field.type in ("many2many", "one2many")
                or field.compute
                or field.related
                or not field.store
                or name in ("id", "parent_id")
            ):
                continue
            if keep[name]:
                continue
            for partner in gone:
                if partner[name]:
                    values[name] = field.convert_to_write(partner[name], partner)
        parent = next((partner.parent_id for partner in gone if partner.parent_id and partner.parent_id != keep), None)
        keep.write({name: value for name, value in values.items() if name not in ("create_uid", "write_uid")})
        if parent and not keep.parent_id:
            keep.parent_id = parent

    # -- finding --------------------------------------------------------------------------------------------------

    def _compute_selected_groupby(self):
        names = [name[len("group_by_") :] for name in self._fields if name.startswith("group_by_") and self[name]]
        if not names:
            raise UserError(_("Choose at least one criterion."))
        return names

    def _process_query(self):
        """Make one line for each group of contacts that look alike."""
        self.ensure_one()
        keys, conditions = [], [SQL("active")]
        for name in self._compute_selected_groupby():
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

    def _action_next_screen(self):
        """Show the next group, or the end."""
        self.env.invalidate_all()
        values = {}
        if self.line_ids:
            line = self.line_ids[0]
            ids = literal_eval(line.aggr_ids)
            values.update(
                current_line_id=line.id,
                partner_ids=[(6, 0, ids)],
                state="selection",
                dst_partner_id=self._get_ordered_partner(ids)[-1].id,
            )
        else:
            values.update(current_line_id=False, partner_ids=[(5, 0, 0)], state="finished")
        self.write(values)
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
        return self._action_next_screen()

    def action_start_manual_process(self):
        self._process_query()
        return self._action_next_screen()

    def action_start_automatic_process(self):
        """Merge every group without asking."""
        self._process_query()
        self.env.invalidate_all()
        for line in self.line_ids:
            self._merge(literal_eval(line.aggr_ids))
            line.unlink()
        self.write({"state": "finished"})
        return self._action_next_screen()

    def parent_migration_process_cb(self):
        return self.action_start_automatic_process()

    def action_update_all_process(self):
        """Merge contacts that share tax number, then those that share address and name."""
        wizard = self.create({"group_by_vat": True, "group_by_email": True, "group_by_name": True})
        wizard.action_start_automatic_process()
        return self._action_next_screen()

    def action_merge(self):
        """Merge the group that is shown."""
        if not self.partner_ids:
            self.write({"state": "finished"})
            return self._action_next_screen()
        self._merge(self.partner_ids.ids, self.dst_partner_id)
        if self.current_line_id:
            self.current_line_id.unlink()
        return self._action_next_screen()
