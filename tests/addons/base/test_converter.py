"""Whether texts of other people's files become values, and what is said of those that do not."""

from __future__ import annotations

from fondaco.orm.environment import Environment


def test_texts_become_values_and_problems_name_their_field(env: Environment) -> None:
    said = {}
    convert = env["ir.fields.converter"].for_model(env["res.partner"])

    values = convert(
        {
            "name": "Ada",
            "color": "3",
            "active": "no",
            "country_id": [{None: "Belgium"}],
            "company_id": [{"id": "base.main_company"}],
            "category_id": [{"id": "base.no_such_category"}],
            "child_ids": [{"name": "Kid"}],
            "no_such_field": "1",
        },
        lambda name, problem: said.setdefault(name, str(problem.args[0])),
    )

    assert values == {
        "name": "Ada",
        "color": 3,
        "active": False,
        "country_id": env.ref("base.be").id,
        "company_id": 1,
        "child_ids": [(0, 0, {"name": "Kid"})],
    }
    assert set(said) == {"category_id", "no_such_field"}
    assert "base.no_such_category" in said["category_id"]
