"""Pages for visitors: a language in the address, readable addresses of records, pages of errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from fondaco import wsgi
from fondaco.config import Config
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.sql.connection import Pools
from fondaco.testing.mockrequest import MockRequest
from tests.fix_addons import AddonsFolder
from tests.oracle.replay import ORACLE, Answer, InProcess

RECORDED = ORACLE / "data_ids/http_routing.json"
NAME = "pages_of_visitors"
CONTROLLERS = """
    from odoo import http
    from odoo.exceptions import AccessError, UserError
    from odoo.http import request
    from odoo.addons.web.controllers.home import Home

    class Entrance(Home):
        @http.route()
        def web_login(self, redirect=None, **kw):
            answer = super().web_login(redirect, **kw)
            if answer.is_qweb:
                answer.qcontext["ways"] = ["Badge & key"]
            return answer

    class Pages(http.Controller):
        @http.route(["/page", "/page/<int:number>"], auth="public", website=True)
        def page(self, number=0):
            return request.render("visitors.page", {"number": number})

        @http.route('/industry/<model("res.partner.industry"):industry>', auth="public", website=True)
        def industry(self, industry):
            return f"{industry.id} {industry.name} {request.lang.code}"

        @http.route("/one-language", auth="public", website=True, multilang=False)
        def one_language(self):
            return request.lang.code

        @http.route("/feed", auth="public")
        def feed(self):
            return f"{request.is_frontend} {request.env.context.get('lang')}"

        @http.route("/post", auth="public", website=True, methods=["POST"], csrf=False)
        def post(self):
            return request.lang.code

        @http.route("/<path:anything>/all", auth="public", website=True)
        def all(self, anything):
            return anything

        @http.route("/wrong/<string:kind>", auth="public", website=True)
        def wrong(self, kind):
            if kind == "user":
                raise UserError("The <b>shop</b> is closed.")
            if kind == "access":
                raise AccessError("Not yours.")
            raise ZeroDivisionError("secret detail")

        @http.route("/away", auth="public", website=True)
        def away(self):
            return request.redirect("/page")
"""
PAGE = """
    <odoo>
        <template id="page" name="Page">
            <t t-call="web.frontend_layout">
                <p>Number <t t-out="number"/></p>
                <a id="next" t-att-href="url_for('/page/2?a=1')"/>
                <a id="plain" t-att-href="url_for('/feed')"/>
                <a id="far" t-att-href="url_for('https://example.com/page')"/>
                <nav><a t-foreach="languages" t-as="language" t-att-hreflang="language.code"
                        t-att-href="url_localized(lang_code=language.code)"/></nav>
            </t>
        </template>
        <template id="login" inherit_id="web.login">
            <xpath expr="//form//button[@type='submit']" position="after">
                <a t-foreach="ways" t-as="way" t-attf-href="/ways/#{way_index}" t-out="way"/>
            </xpath>
        </template>
    </odoo>
"""


@pytest.fixture(scope="module")
def registries(folder: AddonsFolder, config: Config, pools: Pools) -> Registries:
    folder.write(
        "visitors",
        {"depends": ["http_routing"], "data": ["page.xml"]},
        **{"__init__.py": "from . import controllers", "controllers.py": CONTROLLERS, "page.xml": PAGE},
    )
    return Registries(config.replace(addons_path=[str(folder.path)]), pools)


@pytest.fixture(scope="module")
def site(registries: Registries, config: Config) -> Iterator[InProcess]:
    """The server of a database with English and French, in which industries have French names."""
    databases.create(registries, NewDatabase(NAME, ("visitors",)))
    registry = registries.get(NAME)
    with closing(registry.cursor()) as cr:
        env = Environment(cr, 1, {})
        env["res.lang"]._activate_lang("fr_FR")
        env["ir.default"].set("res.partner", "lang", "en_US")
        industry = env["res.partner.industry"].create({"name": "Oak & Beech"})
        industry.with_context(lang="fr_FR").name = "Chêne"
        env["ir.model.access"].create(
            {"name": "visitors", "model_id": env["ir.model"]._get("res.partner.industry").id, "perm_read": True}
        )
        env["ir.model.data"].create(
            {"module": "visitors", "name": "industry", "model": industry._name, "res_id": industry.id}
        )
        env.flush_all()
        cr.commit()
    registry.clear_all_caches()
    yield InProcess(wsgi.build(config.replace(dbfilter=f"^{NAME}$"), registries))
    databases.drop(registries, NAME)


@pytest.fixture
def ask(site: InProcess) -> Callable[..., Answer]:
    """ask("/page", lang="fr"): the answer to a visitor whose browser prefers a language."""

    def ask(path: str, method: str = "GET", lang: str = "en", **headers: str) -> Answer:
        return site.send(method, path, {"Accept-Language": lang, **headers}, b"")

    return ask


@pytest.fixture
def industry(registries: Registries, site: InProcess) -> Iterator[Any]:
    with closing(registries.get(NAME).cursor()) as cr:
        yield Environment(cr, 1, {}).ref("visitors.industry")


def location(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.headers["Location"]


def test_a_page_is_shown_in_the_language_of_its_address(ask: Callable[..., Answer]) -> None:
    assert ask("/one-language").body == b"en_US"
    assert '<html lang="en-US"' in ask("/page").body.decode()
    assert '<html lang="fr-FR"' in ask("/fr/page").body.decode()
    assert '<html lang="fr-FR"' in ask("/fr/page", lang="en").body.decode()


def test_a_visitor_is_sent_to_his_language_and_a_robot_is_not(ask: Callable[..., Answer]) -> None:
    assert location(ask("/page?a=1", lang="fr")) == (303, "/fr/page?a=1")
    assert location(ask("/page", lang="en", Cookie="frontend_lang=fr_FR")) == (303, "/fr/page")
    assert ask("/page", lang="fr", Cookie="frontend_lang=en_US").status == 200
    assert ask("/page", lang="fr", **{"User-Agent": "Examplebot/1.0"}).status == 200
    assert ask("/post", method="POST", lang="fr").body == b"fr_FR"


def test_a_language_that_was_asked_for_is_remembered(ask: Callable[..., Answer]) -> None:
    assert "frontend_lang=fr_FR" in ask("/fr/page").headers["Set-Cookie"]


def test_each_page_has_one_address_in_a_language(ask: Callable[..., Answer]) -> None:
    assert location(ask("/en/page?a=1")) == (301, "/page?a=1")
    assert location(ask("/fr_FR/page")) == (301, "/fr/page")
    assert location(ask("/fr/page/")) == (301, "/fr/page")
    assert location(ask("/fr/one-language")) == (303, "/one-language")


def test_no_address_leads_to_another_site(ask: Callable[..., Answer]) -> None:
    assert location(ask("/en//evil.example/all")) == (301, "/evil.example/all")
    assert location(ask("/en/%5Cevil.example/all")) == (301, "/evil.example/all")


def test_other_routes_know_nothing_of_languages(ask: Callable[..., Answer]) -> None:
    assert ask("/feed").body == b"False en_US"
    assert ask("/fr/feed").status == 404
    assert ask("/web/login", lang="fr").status == 200


def test_a_record_is_at_the_address_with_its_name(ask: Callable[..., Answer], industry: Any) -> None:
    assert location(ask(f"/industry/{industry.id}?a=1")) == (301, f"/industry/oak-beech-{industry.id}?a=1")
    assert location(ask(f"/industry/old-name-{industry.id}")) == (301, f"/industry/oak-beech-{industry.id}")
    assert ask(f"/industry/oak-beech-{industry.id}").body.decode() == f"{industry.id} Oak & Beech en_US"
    assert location(ask(f"/fr/industry/{industry.id}")) == (301, f"/fr/industry/chene-{industry.id}")
    assert ask(f"/fr/industry/chene-{industry.id}").body.decode() == f"{industry.id} Chêne fr_FR"
    assert ask("/industry/none-999999").status == 404


def test_links_of_a_page_stay_in_its_language(ask: Callable[..., Answer]) -> None:
    def links(html: str) -> dict[str, str]:
        return dict(re.findall(r'<a (?:id|hreflang)="(\w+)" href="([^"]*)"', html))

    english, french = (links(ask(path).body.decode()) for path in ("/page/1?b=2", "/fr/page/1?b=2"))

    assert (english["next"], french["next"]) == ("/page/2?a=1", "/fr/page/2?a=1")
    assert french["plain"] == "/feed" and french["far"] == "https://example.com/page"
    assert (french["en_US"], french["fr_FR"]) == ("/page/1?b=2", "/fr/page/1?b=2")
    assert (english["en_US"], english["fr_FR"]) == ("/page/1?b=2", "/fr/page/1?b=2")
    assert location(ask("/fr/away")) == (303, "/fr/page")


@pytest.mark.parametrize(
    ("path", "status", "shown"),
    [
        ("/nothing", 404, "There is no such page"),
        ("/fr/nothing", 404, 'lang="fr-FR"'),
        ("/wrong/user", 422, "The &lt;b&gt;shop&lt;/b&gt; is closed."),
        ("/wrong/access", 403, "Not for everybody"),
        ("/wrong/server", 500, "Something broke on our side"),
    ],
)
def test_an_error_is_a_page_of_the_site(
    ask: Callable[..., Answer], caplog: pytest.LogCaptureFixture, path: str, status: int, shown: str
) -> None:
    answer = ask(path)

    page = answer.body.decode()
    assert answer.status == status
    assert '<div id="wrapwrap"' in page and shown in page
    assert "secret detail" not in page and "Traceback" not in page


@pytest.fixture
def broken(registries: Registries, site: InProcess) -> Iterator[None]:
    """The page of what is not there has a fault."""

    def write(arch: str) -> str:
        with closing(registries.get(NAME).cursor()) as cr:
            view = Environment(cr, 1, {}).ref("http_routing.404")
            before = str(view.arch_db)
            view.arch_db = arch
            cr.commit()
        return before

    kept = write('<t t-name="http_routing.404"><p t-out="1 / 0"/></t>')
    yield
    write(kept)


def test_an_error_of_a_page_whose_template_is_broken_is_still_told(
    ask: Callable[..., Answer], broken: None, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask("/nothing")

    assert answer.status == 404 and "page of an error not rendered" in caplog.text


@pytest.mark.skipif(not RECORDED.is_file(), reason=f"no recorded data in {RECORDED}")
def test_the_recorded_views_are_there_for_addons_to_extend(industry: Any) -> None:
    views = json.loads(RECORDED.read_text())["records"]["ir.ui.view"]

    found = {view["id"]: industry.env.ref(f"http_routing.{view['id']}") for view in views}

    assert len(found) == 9
    for view in views:
        assert (found[view["id"]].mode, found[view["id"]].key or None) == (view["mode"], view.get("key"))


def test_terms_for_scripts_come_with_their_modules(ask: Callable[..., Answer]) -> None:
    answer = ask("/website/translations/abc?lang=fr_FR&mods=visitors")

    assert answer.status == 200
    assert b'"visitors"' in answer.body and b'"web"' in answer.body


def test_addons_make_and_read_slugs(registries: Registries, site: InProcess, industry: Any) -> None:
    env = industry.env
    addresses = env["ir.http"]

    assert addresses._slug(industry) == f"oak-beech-{industry.id}"
    assert addresses._slug((7, "Très Long")) == "tres-long-7"
    assert addresses._unslug("oak-beech-7") == ("oak-beech", 7)
    assert addresses._unslug_url("/industry/oak-beech-7") == "/industry/7"
    assert addresses._unslug_url("/industry/oak") == "/industry/oak"
    with MockRequest(env, path="/page") as request:
        assert request.lang.code == "en_US"
        assert addresses._url_for("/page", "fr_FR") == "/fr/page"
        assert addresses._url_for("/feed", "fr_FR") == "/feed"
        assert addresses._url_localized("/page", "fr_FR", canonical_domain="https://example.com/") == (
            "https://example.com/fr/page"
        )
        assert addresses._url_localized("/page", "en_US", force_default_lang=True) == "/en/page"
        assert addresses._is_multilang_url("/page") and not addresses._is_multilang_url("/web/static/x.css")
        assert addresses.get_nearest_lang("fr_BE") == "fr_FR"


def test_an_addon_adds_other_ways_in_to_the_log_in_page(ask):
    page = ask("/web/login").body.decode()

    form = page[page.index("<form") : page.index("</form>")]
    assert re.sub(r"\s+", " ", form[form.index("</button>") :]).startswith(
        '</button> <a href="/ways/0">Badge &amp; key</a>'
    )
    assert "<title>Log in · Fondaco</title>" in page
