"""What anybody with a login may call changes nothing that he may not change: each public method of each model."""

from __future__ import annotations

import inspect

import pytest

from fondaco.rpc.call import call_kw

CHANGES = (
    "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
    " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
)
HIS_OWN = {
    ("base.language.install", "switch_lang"): {"res_partner"},
    ("ir.http", "session_info"): {"res_users_settings"},
    ("ir.http", "webclient_rendering_context"): {"res_users_settings"},
    ("res.users", "switch_tour_enabled"): {"res_users"},
}
"""What a customer changes of himself: his language, whether he is shown around, what the client keeps for him."""


def changes(cr):
    cr.execute(CHANGES)
    return dict(cr.fetchall())


def methods_of(model):
    """Names of what a client may call of this model and not of every one."""
    cls, of_all = type(model), type(model.env["base"])
    return [
        name
        for name in dir(cls)
        if not (name.startswith("_") or hasattr(of_all, name)) and inspect.isroutine(getattr(cls, name))
    ]


def written_by(env, model, name, args):
    """The tables that a call from outside writes; none if it is refused or fails."""
    before = changes(env.cr)
    with env.cr.savepoint(flush=False) as savepoint:
        try:
            call_kw(env[model], name, args, {})
            env.flush_all()
            after = changes(env.cr)
        except Exception:  # noqa: BLE001 (what is wrong with such a call is not asked here)
            after = before
        savepoint.close(rollback=True)
    env.transaction.clear()
    return {table for table, count in after.items() if count != before.get(table)}


@pytest.mark.parametrize("group", ["base.group_portal", "base.group_user"])
def test_no_method_of_a_model_writes_for_a_user_what_is_not_his(env, group):
    user = env["res.users"].create({"name": "U", "login": "u", "groups_id": [(6, 0, [env.ref(group).id])]})
    env.flush_all()
    theirs = env(user=user, su=False)
    wrote: dict[tuple[str, str], set[str]] = {}
    called = 0
    for model in sorted(env.registry.models):
        others = [] if env[model]._abstract else env[model].search([], limit=1).ids
        for name in methods_of(theirs[model]):
            for args in ([], [[]], [others], [True]):
                called += 1
                if found := written_by(theirs, model, name, args):
                    wrote.setdefault((model, name), set()).update(found)

    assert called > 1000
    assert wrote == HIS_OWN
