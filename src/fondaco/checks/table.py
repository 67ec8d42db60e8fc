"""All checks, in the order of the checklist."""

from __future__ import annotations

from fondaco.checks import (
    archives,
    configuration,
    encryption,
    exposure,
    fields,
    firewall,
    indexes,
    limits,
    machine,
    odoo,
    outside,
    pooler,
    postgresql,
    statements,
    stores,
    tenants,
    traffic,
)
from fondaco.checks.check import Check

CHECKS: tuple[Check, ...] = (
    *exposure.CHECKS,
    *traffic.CHECKS,
    *configuration.CHECKS,
    *fields.CHECKS,
    *limits.CHECKS,
    *pooler.CHECKS,
    *encryption.CHECKS,
    *postgresql.CHECKS,
    *indexes.CHECKS,
    *stores.CHECKS,
    *machine.CHECKS,
    *firewall.CHECKS,
    *tenants.CHECKS,
    *archives.CHECKS,
    *statements.CHECKS,
    *outside.CHECKS,
    *odoo.CHECKS,
)
BY_ID = {check.id: check for check in CHECKS}
