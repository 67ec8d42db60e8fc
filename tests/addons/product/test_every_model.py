"""A form of every model can be opened, with all its fields: what computes them meets records without values."""

from __future__ import annotations


def test_a_new_record_of_every_model_can_be_shown(env):
    env = env(user=env.ref("base.user_admin"))
    failed = {}
    for name in sorted(env.registry.models):
        model = env[name]
        if model._abstract or not model.has_access("read"):
            continue
        spec = {field: {} for field in model.fields_get()}
        try:
            with env.cr.savepoint():
                opened = model.onchange({}, [], spec)
        except Exception as error:  # noqa: BLE001 (all of them are named at once)
            failed[name] = repr(error)
        else:
            assert opened["value"].keys() <= spec.keys()

    assert not failed
