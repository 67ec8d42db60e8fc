"""The scripts of examples/exchange, run as they are shipped: what comes in and goes out, and as what.

They work on one server that has the example addon `emporium`. Every test has a word of its own in what it makes.
"""

from __future__ import annotations

import csv
import json
import os
import secrets
import string
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
import requests

from fondaco.errors import UserError
from fondaco.values import webhooks
from tests.fix_exchange import stopping_at
from tests.fix_server import free_port

PAGE = Path(__file__).parents[2] / "docs/integrator/exchange.md"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRODUCTS = PAGE.read_text().partition("```csv\n")[2].partition("```")[0]


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


# -- products ---------------------------------------------------------------------------------------------------------
def test_o14_m10_products_of_a_shop_come_in_as_the_table_says_and_twice_changes_none(house, word):
    file = PRODUCTS.replace("MUG-1", f"MUG-{word}").replace("BAG-7", f"BAG-{word}")
    file += f"MUG/{word};Other mug;1;1;Kitchen;yes\n"

    first = lines(house.done("products_in.py", "-", stdin="\N{BYTE ORDER MARK}" + file))
    second = lines(house.done("products_in.py", "-", stdin=file.replace("9,90", "10,90")))

    assert [one[".id"] for one in first] == [one[".id"] for one in second]
    with house.env() as env:
        found = env["product.template"].search([("default_code", "like", word)], order="default_code")
        fields = ["default_code", "name", "list_price", "weight", "sale_ok"]
        assert [tuple(one[name] for name in fields) for one in found] == [
            (f"BAG-{word}", "Bag", 10.9, 0.08, False),
            (f"MUG-{word}", "Mug; blue", 1234.5, 0.35, True),
            (f"MUG/{word}", "Other mug", 1.0, 0.0, True),
        ], "what differs in a sign alone is another product"
        assert found.categ_id.mapped("display_name") == ["All / Travel", "All / Kitchen"]


def test_o14_m10_rows_that_cannot_be_taken_keep_a_file_out_and_are_all_named(house, word, tmp_path):
    file = tmp_path / "products.csv"
    file.write_text(
        f"SKU;Title;Price;Weight (g);Group;Sold\nCUP-{word};Cup;12.50;80;Kitchen;yes\n"
        f"CUP-{word};Cup;1,00;heavy;Kitchen;yes\n\n;Cup;1,00;1;Kitchen;perhaps\nCUP\n"
    )

    code, out, err = house.run_script("products_in.py", file)

    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "nothing was changed:",
        "row 6: it has 1 cells, and the titles are 6",
        "row 2: Price '12.50': expected an amount such as 1.234,50",
        f"row 3: SKU 'CUP-{word}' is that of row 2, too",
        "row 3: Weight (g) 'heavy': expected a whole number, 350 for example",
        "row 5: SKU '': it is empty",
        "row 5: Sold 'perhaps': expected yes or no",
    ]
    with house.env() as env:
        assert not env["product.template"].search_count([("default_code", "like", word)])


def test_o14_m10_a_script_tells_the_shell_what_hindered_it_and_a_dry_run_changes_nothing(house, word, tmp_path):
    file = PRODUCTS.replace("MUG-1", f"DRY-{word}")
    run, nobody = house.run_script, f"http://127.0.0.1:{free_port()}"

    shown = lines(house.done("products_in.py", "--dry-run", "-", stdin=file))

    assert shown[0]["default_code"] == f"DRY-{word}" and shown[0]["list_price"] == "1234.5"
    with house.env() as env:
        assert not env["product.template"].search_count([("default_code", "like", word)])
    assert run("products_in.py", "-", stdin=file, key="wrong")[0] == 4
    assert run("products_in.py", tmp_path / "none.csv")[0] == 3
    assert run("products_in.py", "-", stdin=file, url="http://shop.example")[0] == 2
    code, _out, err = run("products_in.py", "-", stdin=file, url=nobody)
    assert code == 6 and house.key not in err


# -- contacts ---------------------------------------------------------------------------------------------------------
def test_o14_m10_contacts_go_to_a_crm_and_come_back_changed(house, word, tmp_path):
    state = tmp_path / "state"
    with house.env() as env:
        partners = env["res.partner"]
        guild = partners.create({"name": f"Guild {word}", "is_company": True, "country_id": env.ref("base.it").id})
        ada = partners.create({"name": f"Ada {word}", "email": " Ada@Example.COM ", "parent_id": guild.id})
        gone = partners.create({"name": f"Gone {word}", "active": False})
        changed = f"{ada.write_date:%Y-%m-%dT%H:%M:%SZ}"

    told = {one["full_name"]: one for one in lines(house.done("contacts_sync.py", "out", "--state", state))}

    company, person = told[f"Guild {word}"], told[f"Ada {word}"]
    assert {**company, "key": "", "changed": ""} == {
        "key": "", "full_name": f"Guild {word}", "kind": "organisation", "mail": None, "country": "IT",
        "employer": None, "archived": False, "changed": "",
    }  # fmt: skip
    assert (person["kind"], person["mail"], person["employer"]) == ("person", "ada@example.com", company["key"])
    assert person["changed"] == changed and told[f"Gone {word}"]["archived"] is True
    assert state.read_text() >= changed

    bea = {"key": f"crm.c{word}", "full_name": f"Bea {word}", "kind": "person", "mail": "BEA@example.com "}
    back = [
        {**person, "full_name": f"Ada L {word}", "archived": True},
        {**bea, "country": "FR", "employer": company["key"]},
        {"key": f"crm.d{word}", "full_name": f"Dan {word}", "kind": "person", "country": "FR"},
        company,
    ]
    house.done("contacts_sync.py", "in", "-", stdin="\n".join(map(json.dumps, back)))

    with house.env() as env:
        kept = env["res.partner"].with_context(active_test=False).search([("name", "like", word)], order="name")
        assert [(one.name, one.email, one.parent_id.name, one.country_id.code, one.active) for one in kept] == [
            (f"Ada L {word}", "ada@example.com", f"Guild {word}", "IT", False),
            (f"Bea {word}", "bea@example.com", f"Guild {word}", "IT", True),  # as her company
            (f"Dan {word}", False, False, "FR", True),
            (f"Gone {word}", False, False, False, False),
            (f"Guild {word}", False, False, "IT", True),
        ]
        assert kept[0] == ada.with_env(env) and kept[3] == gone.with_env(env)
    again = lines(house.done("contacts_sync.py", "out", "--state", state))
    assert f"Bea {word}" in [one["full_name"] for one in again]


def test_o14_m10_contacts_of_which_one_is_wrong_stay_out(house, word):
    good = {"key": f"crm.g{word}", "full_name": f"Good {word}", "kind": "person"}

    def told(*contacts):
        code, _out, err = house.run_script("contacts_sync.py", "in", "-", stdin="\n".join(map(json.dumps, contacts)))
        return code, err.splitlines()[1:]

    assert told(good, {**good, "kind": "dog"}, [1]) == (
        1, ["line 2: kind is 'dog', expected organisation or person", "line 3: expected an object"]
    )  # fmt: skip
    assert told({**good, "country": "ZZ"}) == (1, ["no country has the letters ZZ"])
    assert told(good, {**good, "key": f"crm.x{word}", "employer": "crm.nobody"})[0] == 1
    for key in ("bare", " base.partner_admin", ".x", "x."):
        assert told(good, {**good, "key": key}) == (
            1, [f"line 2: key is {key!r}, expected system.name without spaces"]
        )  # fmt: skip
    with house.env() as env:
        assert not env["res.partner"].search_count([("name", "like", word)])


def test_o14_m10_whoever_logs_in_keeps_the_own_contact_and_other_lines_come_in(house, word):
    with house.env() as env:
        users = env["res.users"].with_context(no_reset_password=True)
        groups = {name: [(6, 0, env.ref(f"base.group_{name}").ids)] for name in ("portal", "user")}
        made = [
            users.create({"name": f"{name} {word}", "login": f"{name}-{word}", "groups_id": group})
            for name, group in groups.items()
        ]
        customer, clerk = (user.partner_id for user in made)
        made[1].active = False
        names = [("crm", "first", customer), ("crm", "second", customer), ("__import__", "third", clerk)]
        env["ir.model.data"].create(
            [
                {"module": module, "name": f"{name}_{word}", "model": "res.partner", "res_id": one.id}
                for module, name, one in names
            ]
        )
    kept = [f"crm.first_{word}", f"crm.second_{word}", f"__import__.third_{word}", "base.partner_admin"]
    sent = [
        {"key": key, "full_name": f"Other {word}", "kind": "person", "mail": "thief@example.com"}
        for key in (*kept, f"crm.new_{word}")
    ]

    code, out, err = house.run_script("contacts_sync.py", "in", "-", stdin="\n".join(map(json.dumps, sent)))

    assert code == 0 and [one["id"] for one in lines(out)] == [f"crm.new_{word}"]
    assert err.splitlines() == [
        *(f"{key} logs in here and keeps its contact itself; its line is left out" for key in sorted(kept)),
        "1 contacts came in",
    ]
    told = {one["full_name"]: one["key"] for one in lines(house.done("contacts_sync.py", "out"))}
    assert told[f"portal {word}"] == f"crm.first_{word}" and f"user {word}" not in told


def test_o14_m10_a_dry_run_gives_no_contact_an_external_id(house, word):
    with house.env() as env:
        guild = env["res.partner"].create({"name": f"Guild {word}", "is_company": True})
        ada = env["res.partner"].create({"name": f"Ada {word}", "parent_id": guild.id})
        env["ir.model.data"].create({"module": "crm", "name": f"ada_{word}", "model": "res.partner", "res_id": ada.id})

    line = json.dumps({"key": f"crm.bea_{word}", "full_name": f"Bea {word}", "kind": "person"})
    house.done("contacts_sync.py", "--dry-run", "in", "-", stdin=line)
    told = {one["full_name"]: one for one in lines(house.done("contacts_sync.py", "--dry-run", "out"))}

    assert told[f"Guild {word}"]["key"] is None
    assert (told[f"Ada {word}"]["key"], told[f"Ada {word}"]["employer"]) == (f"crm.ada_{word}", None)
    with house.env() as env:
        made = env["ir.model.data"].search([("model", "=", "res.partner"), ("res_id", "in", (guild + ada).ids)])
        assert made.mapped("name") == [f"ada_{word}"]
        assert not env.ref(f"crm.bea_{word}", raise_if_not_found=False)


# -- stock ------------------------------------------------------------------------------------------------------------
def test_o14_m10_levels_of_stock_come_in_converted_to_the_products_unit_and_the_latest_count_stays(house, word):
    with house.env() as env:
        place = env["emporium.place"].create({"code": f"P{word}", "name": "Rialto"})
        cup, salt = env["product.product"].create(
            [
                {"name": "Cup", "default_code": f"C-{word}"},
                {"name": "Salt", "default_code": f"S-{word}", "uom_id": env.ref("uom.product_uom_kgm").id,
                 "uom_po_id": env.ref("uom.product_uom_kgm").id},
            ]
        )  # fmt: skip

    def come_in(*rows, **options):
        file = "\n".join(["sku,place,quantity,unit,counted", *(row.replace("@", word) for row in rows)])
        return house.run_script("stock_in.py", "-", stdin=file, **options)

    def levels():
        with house.env() as env:
            found = env["emporium.level"].search([("place_id", "=", place.id)])
            return {one.product_id.name: (one.quantity, str(one.counted)) for one in found}

    code, out, err = come_in(
        "C-@,P@,7,C62,2026-03-01T07:00:00Z",
        "C-@,P@,2.5,DZN,2026-03-01T10:00:00+02:00",
        "S-@,P@,12345,GRM,2026-03-01T08:00:00Z",
    )
    assert code == 0 and len(lines(out)) == 2, err
    assert levels() == {"Cup": (30.0, "2026-03-01 08:00:00"), "Salt": (12.35, "2026-03-01 08:00:00")}

    code, _out, err = come_in("C-@,P@,1,C62,2026-02-01T00:00:00Z", "S-@,P@,1,KGM,2026-03-02T00:00:00Z")
    assert (code, "1 counts were not newer" in err) == (0, True)
    assert levels() == {"Cup": (30.0, "2026-03-01 08:00:00"), "Salt": (1.0, "2026-03-02 00:00:00")}

    code, _out, err = come_in(
        "C-@,P@,4,C62,2026-03-05T00:00:00Z",
        "C-@,P@,4,KGM,2026-03-05T00:00:00Z",
        "X-@,P@,4,C62,2026-03-05T00:00:00Z",
        "C-@,Q@,4,C62,2026-03-05T00:00:00",
        "C-@,P@,-4,C62,2999-01-01T00:00:00Z",
    )
    told = err.splitlines()
    assert code == 1 and told[1].startswith("row 3: unit: Units are what")
    assert told[2] == f"row 4: sku 'X-{word}': no products have it, expected one"
    assert [line.partition(" ")[2].split(":")[1].split()[0] for line in told[3:]] == [
        "place",
        "counted",
        "quantity",
        "counted",
    ]
    assert levels()["Cup"] == (30.0, "2026-03-01 08:00:00")


# -- journal ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def entry_of(house, word):
    """entry_of(lines, ...) -> the id of an entry of `word`, its taxes filled in, posted unless told otherwise.

    Its currency has rates of its own: 1.25 for one of ours from March 2026 on, 4 from April on.
    """
    with house.env() as env:
        letters = "".join(secrets.choice(string.ascii_uppercase) for _sign in range(8))
        code = next(letters[n : n + 3] for n in range(6) if not has_currency(env, letters[n : n + 3]))
        currency = env["res.currency"].create({"name": code, "symbol": code, "rounding": 0.01})
        rates = {"2026-03-01": 1.25, "2026-04-01": 4.0}
        env["res.currency.rate"].create(
            [{"name": day, "rate": rate, "currency_id": currency.id} for day, rate in rates.items()]
        )
        tax = env["emporium.tax"].create({"code": f"V{word}", "percent": 22, "account": "2600"})

    def entry_of(number, rows, *, foreign=False, date="2026-03-31", post=True):
        with house.env() as env:
            made = [
                (0, 0, {"account": account, "name": text, "amount": amount, "tax_id": taxed and tax.id})
                for account, text, amount, taxed in rows
            ]
            values = {"name": f"{number}-{word}", "date": date, "line_ids": made}
            entry = env["emporium.entry"].create({**values, **({"currency_id": currency.id} if foreign else {})})
            entry.fill_taxes()
            if post:
                entry.post()
            return entry.id

    return entry_of


def has_currency(env, code):
    return env["res.currency"].with_context(active_test=False).search_count([("name", "=", code)])


def of_word(word, folder):
    """Rows of the files in a folder that are about entries of `word`."""
    return [
        row for path in sorted(folder.glob("*.csv")) for row in csv.DictReader(path.read_text().splitlines())
        if row["entry"].endswith(word)
    ]  # fmt: skip


def test_o14_m10_entries_of_the_journal_go_out_once_converted_at_the_rate_of_their_day_with_taxes_by_the_rule(
    house, word, entry_of, tmp_path
):
    sale = [("1200", "=cmd|' /C calc'!A0", 24.45, False), ("4000", "Pen", -10.02, True), ("4000", "Ink", -10.02, True)]
    thirds = [("1200", "+39 041", 100, False), *(("4000", "", -amount, False) for amount in (33.33, 33.33, 33.34))]
    entry_of("A", sale)
    entry_of("B", thirds, foreign=True)
    entry_of("C", [("1200", "", 1, False), ("4000", "", -1, False)], foreign=True, date="2026-04-02")
    entry_of("D", [("6000", "", 12.25, True), ("1600", "", -14.95, False)], date="2026-04-03")
    entry_of("E", thirds, post=False)

    shown = house.done("journal_out.py", "--dry-run")
    with ThreadPoolExecutor(2) as two:
        run = partial(house.done, "journal_out.py", "--most", "2", folder=str(tmp_path))
        paths = {path for out in two.map(lambda _number: run(), range(2)) for path in out.splitlines()}

    assert len(paths) >= 2 and sorted(paths) == sorted(map(str, tmp_path.iterdir()))
    told = ["entry", "text", "debit", "credit", "amount", "rate", "tax", "is_tax"]
    rows = [tuple(row[name].removesuffix(f"-{word}") for name in told) for row in of_word(word, tmp_path)]
    vat = f"V{word}"
    assert sorted(rows, key=lambda row: row[0]) == [
        ("A", "'=cmd|' /C calc'!A0", "24.45", "0.00", "24.45", "1.000000", "", "0"),
        ("A", "Pen", "0.00", "10.02", "-10.02", "1.000000", vat, "0"),
        ("A", "Ink", "0.00", "10.02", "-10.02", "1.000000", vat, "0"),
        ("A", vat, "0.00", "4.41", "-4.41", "1.000000", vat, "1"),  # of the sum; a line at a time it were 4.40
        # 33.33 / 1.25 is 26.664: 26.66 twice and 26.67 are 79.99, and the largest line takes what rounding leaves of 80
        ("B", "'+39 041", "79.99", "0.00", "100.00", "1.250000", "", "0"),
        ("B", "", "0.00", "26.66", "-33.33", "1.250000", "", "0"),
        ("B", "", "0.00", "26.66", "-33.33", "1.250000", "", "0"),
        ("B", "", "0.00", "26.67", "-33.34", "1.250000", "", "0"),
        ("C", "", "0.25", "0.00", "1.00", "4.000000", "", "0"),
        ("C", "", "0.00", "0.25", "-1.00", "4.000000", "", "0"),
        ("D", "", "12.25", "0.00", "12.25", "1.000000", vat, "0"),
        ("D", "", "0.00", "14.95", "-14.95", "1.000000", "", "0"),
        ("D", vat, "2.70", "0.00", "2.70", "1.000000", vat, "1"),  # 2.695: half a cent goes up
    ]
    assert f"A-{word}" in shown and f"E-{word}" not in shown


def test_o14_m10_what_does_not_add_up_is_not_posted_and_what_is_posted_stays(house, word, entry_of):
    with pytest.raises(UserError, match="debit and credit differ by"):
        entry_of("A", [("1200", "", 10, False), ("4000", "", -9, False)])
    with pytest.raises(UserError, match="no rate on 2026-02-28 or before"):
        entry_of("B", [("1200", "", 1, False), ("4000", "", -1, False)], foreign=True, date="2026-02-28")
    wrong = entry_of("C", [("1200", "", 122, False), ("4000", "", -100, True)], post=False)
    with house.env() as env:
        entry = env["emporium.entry"].browse(wrong)
        with pytest.raises(UserError, match="by its button"):
            entry.write({"state": "posted"})
        entry.line_ids[2].amount, entry.line_ids[0].amount = -21, 121
        with pytest.raises(UserError, match=f"tax V{word} is .*21.*, expected .*22"):
            entry.post()
        entry.fill_taxes()
        entry.line_ids[0].amount = 122
        entry.post()
        for change in ({"date": "2026-01-01"}, {"state": "draft"}, {"line_ids": [(5,)]}):
            with pytest.raises(UserError, match="stays as it is"):
                entry.write(change)
        with pytest.raises(UserError, match="stays as it is"):
            entry.line_ids[0].amount = 1
        with pytest.raises(UserError, match="make another one"):
            entry.line_ids.tax_id.percent = 20


def test_o14_m10_an_export_that_dies_before_its_note_writes_the_same_file_again_and_no_other(
    house, word, entry_of, tmp_path
):
    entry_of("A", [("1200", "", 1, False), ("4000", "", -1, False)])
    environ = {**os.environ, "FONDACO_EXCHANGE_PASSWORD": house.key}
    with stopping_at(house.server.url, b'"confirm"') as (url, reached):
        run = subprocess.Popen(house.command("journal_out.py", url=url, folder=str(tmp_path)), env=environ)
        assert reached.wait(60)
        run.kill()
        run.wait(60)
    (path,) = [path for path in tmp_path.glob("*.csv") if word in path.read_text()]
    before = path.read_bytes()
    path.unlink()  # the accountants have taken it
    entry_of("B", [("1200", "", 2, False), ("4000", "", -2, False)])

    house.done("journal_out.py", folder=str(tmp_path))

    assert path.read_bytes() == before
    assert [row["entry"] for row in of_word(word, tmp_path)] == [f"A-{word}"] * 2 + [f"B-{word}"] * 2
    assert house.done("journal_out.py", folder=str(tmp_path)) == ""


# -- e-mail -----------------------------------------------------------------------------------------------------------
def taken(house, content, **options):
    """The values of the message that the gateway makes of these bytes; none if it was known."""
    result = json.loads(house.done("mail_gateway.py", "take", stdin=content, **options))
    with house.env() as env:
        (values,) = env["emporium.message"].browse(result["id"]).read(load=None)
        files = env["ir.attachment"].search([("res_model", "=", "emporium.message"), ("res_id", "=", result["id"])])
        return {**values, "is_new": result["is_new"], "files": {one.name: one.raw for one in files}}


def test_o14_m10_mail_of_a_customer_is_kept_once_and_answered_through_the_outbox(house, word, mailbox):
    with house.env() as env:
        ada = env["res.partner"].create({"name": "Ada", "email": f'"Ada, L." <Ada.{word}@Example.COM>'})
    mail = EmailMessage()
    mail["From"], mail["To"] = f"=?utf-8?q?=C3=84da?= <ADA.{word}@example.com>", "shop@fondaco.example"
    mail["Subject"], mail["Message-ID"] = "Où est ma tasse ?", f"<{word}@example.com>"
    mail["Date"] = "Tue, 03 Mar 2026 10:00:00 +0100"
    mail.set_content("Where is my cup?\n")
    mail.add_alternative("<p onclick='x()'>Where is <b>my cup</b>?<script>x()</script></p>", subtype="html")
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="../../tasse é.png")

    kept = taken(house, mail.as_bytes())

    assert kept["is_new"] and kept["partner_id"] == ada.id and not kept["is_automatic"]
    assert (kept["subject"], kept["text"]) == ("Où est ma tasse ?", "Where is my cup?\n")
    assert kept["sender"] == f"Äda <ADA.{word}@example.com>" and str(kept["date"]) == "2026-03-03 09:00:00"
    assert kept["html"] == "<p>Where is <b>my cup</b>?</p>" and kept["files"] == {"tasse é.png": b"\x89PNG"}
    assert not taken(house, mail.as_bytes())["is_new"], "a mail server that was not sure brings it again"

    for _time in range(2):
        house.done("mail_gateway.py", "answer", f"<{word}@example.com>", stdin="On its way.")
    assert not any(word in to[0] for to, _mail in mailbox.taken), "it waits in the outbox"
    house.run()

    ((to, answer),) = [(to, mail) for to, mail in mailbox.taken if word in to[0]]
    assert to == [f"ada.{word}@example.com"] and answer["In-Reply-To"] == f"<{word}@example.com>"
    assert (answer["Subject"], answer.get_content().strip()) == ("Re: Où est ma tasse ?", "On its way.")
    back = EmailMessage()
    back["From"], back["In-Reply-To"] = f"ada.{word}@example.com", answer["Message-ID"]
    back["Message-ID"] = f"<back-{word}@example.com>"
    back.set_content("Thanks")
    thanks = taken(house, back.as_bytes())
    with house.env() as env:
        ours = env["emporium.message"].browse(thanks["parent_id"])
        assert ours.is_ours and ours.parent_id.id == kept["id"]
    assert not taken(house, answer.as_bytes())["is_new"], "our own message that comes back is known"


HOSTILE = {
    "nobody": (b"Message-ID: <@>\n\nHi\n", {"sender": False, "is_automatic": True, "text": "Hi\n"}),
    "bare": (b"Message-ID: <@>\nFrom: Bea <bea@@x>\n\n\x00\xff", {"sender": "Bea <bea@@x>", "text": "\ufffdÿ"}),
    "away": (
        b"Message-ID: <@>\nFrom: b@x.example\nAuto-Submitted: auto-replied (vacation)\n\n",
        {"sender": "b@x.example", "is_automatic": True},
    ),
    "charset": (
        b"Message-ID: <@>\nFrom: =?nix?q?B=E9a?= <b@x.example>\nSubject: Caf\xc3\xa9\nDate: Sat, 99 Foo 0001\n"
        b"Content-Type: text/plain; charset=punycode\nContent-Transfer-Encoding: base64\n\nw6k*=====",
        {"sender": "Béa <b@x.example>", "subject": "Café", "text": "é"},
    ),
    "deep": (
        b"Message-ID: <@>\nFrom: b@x.example\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1500)),
        {"sender": "b@x.example", "text": False},
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_o14_m10_a_hostile_message_is_kept_as_well_as_it_can_be_read(house, word, kind):
    content, expected = HOSTILE[kind]
    content = content.replace(b"<@>", f"<{kind}-{word}@x>".encode())

    kept = taken(house, content)

    assert kept["message_id"] == f"<{kind}-{word}@x>" and kept["partner_id"] is False
    assert {name: kept[name] for name in expected} == expected
    assert kept["files"] == ({"message.eml": content} if kind == "deep" else {})
    if kept["is_automatic"]:
        code, _out, err = house.run_script("mail_gateway.py", "answer", kept["message_id"], stdin="Hi")
        assert code == 1 and "Nobody waits" in err


def test_o14_m10_a_mail_server_is_told_what_to_return_and_what_to_try_again(house, word):
    def code(*arguments, stdin=b"From: b@x.example\n\nHi", **options):
        return house.run_script("mail_gateway.py", *arguments, "take", stdin=stdin, **options)[0]

    assert code("--most-mib", "0.001", stdin=b"From: b@x.example\n\n" + b"x" * 2000) == 65
    assert code(stdin=b"\n") == 65
    assert code(key="wrong") == code("--nonsense") == code(url=f"http://127.0.0.1:{free_port()}") == 75
    assert code("--password-file", "/nowhere") == 75


# -- webhooks ---------------------------------------------------------------------------------------------------------
def test_m9_a_webhook_that_comes_in_is_believed_by_its_signature_and_done_once(house, word):
    with house.env() as env:
        env["ir.config_parameter"].set_param("emporium.hook_secret", SECRET)
    body = json.dumps({"key": f"shop.customer_{word}", "name": "Ada"}).encode()
    bad = json.dumps({"key": f"shop.other_{word}", "name": ""}).encode()
    one, two, three = (f"{word}-{number}" for number in range(3))

    def sent(key, content, signed_for=None, *, secret=SECRET, age=0):
        headers = webhooks.signed(secret, key, signed_for or content, time.time() - age)
        return requests.post(f"{house.server.url}/emporium/hook", data=content, headers=headers, timeout=60).status_code

    assert [sent(one, body), sent(one, body), sent(two, bad)] == [200, 200, 200]
    assert sent(three, body, b"{}") == sent(three, body, age=400) == 401
    assert sent(three, body, secret="whsec_" + "A" * 32) == 401
    assert requests.post(f"{house.server.url}/emporium/hook", data=body, timeout=60).status_code == 401
    house.run()

    with house.env() as env:
        events = env["emporium.event"].search([("key", "like", word)], order="id")
        assert events.mapped("key") == [one, two]
        assert env.ref(f"shop.customer_{word}").name == "Ada"
        named = [f"emporium.event({event.id})._apply" for event in events]
        done, waits = (env["ir.job"].search([("name", "=", name)]) for name in named)
        assert (done.state, waits.state) == ("done", "waiting"), "what cannot be applied is tried again"
        for _try in range(waits.most_tries - 1):
            waits.action_run_now()
            env.cr.commit()
            house.run()
            env.invalidate_all()
        assert waits.state == "failed" and "name" in waits.error.lower()
        events[1].body = json.dumps({"key": f"shop.other_{word}", "name": "Bea"})
        waits.action_retry()
    house.run()
    with house.env() as env:
        assert env.ref(f"shop.other_{word}").name == "Bea"
