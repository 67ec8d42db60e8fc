# ruff: noqa: E501  a table is read by its columns
"""The parts of the client without a page: expressions, domains, formats, values, addresses. Run in the browser they are for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

VIEWS = sorted((Path(__file__).parents[2] / "src" / "fondaco" / "addons").glob("*/views/*.xml"))

EVALUATOR = "@web/core/python/evaluator"
DOMAIN = "@web/core/domain"
FORMATS = "@web/core/formats"
HTML = "@web/fields/html/html_field"
ROUTER = "@web/core/router"
WORDS = "@web/core/words"
RPC = "@web/core/rpc"
SEARCH = "@web/views/search/search_model"
VALUES = "@web/model/values"
DRAWING = "@web/views/graph/graph_drawing"
PAGER = "@web/ui/pager/pager"
WINDOW = "@web/views/list/row_window"
COLUMNS = "@web/views/list/column_layout"

SEQUENCE = "@web/model/sequence"
LINES = "@web/model/line_matching"
IMPORT = "@base_import/file_import"
LITERAL = "@web/core/python/literal"
COMPARISON = "@web/views/comparison"
ARCH = "@web/views/arch"
LIST_ARCH = "@web/views/list/list_arch"
FORM_ARCH = "@web/views/form/form_arch"
FORM_RENDERER = "@web/views/form/form_renderer"
SEARCH_ARCH = "@web/views/search/search_arch"
SPECIFICATION = "@web/model/specification"
LIST = "@web/model/list"
LUXON = "@web/core/luxon"
GROUPS = "@web/model/group_values"
GRAPH = "@web/views/graph/graph_model"
PIVOT_ARCH = "@web/views/pivot/pivot_arch"
FILTERS = "@web/views/calendar/calendar_filters"
CALENDAR_ARCH = "@web/views/calendar/calendar_arch"
NOTIFICATION = "@web/ui/notification/notification"

MODELS = "{guild: {fields: {name: {type: 'char', string: 'Name'}, seq: {type: 'integer'}, n: {type: 'integer'}, lines: {type: 'one2many', relation: 'guild'}}}}"
A_LIST = """<list editable="bottom" default_order="name desc" decoration-info="n > 1"><field name="seq" widget="handle"/>
    <field name="name" optional="hide"/><field name="n" sum="Total"/><field name="n" column_invisible="1"/><button name="go" type="object"/></list>"""
A_FORM = """<form><sheet><group><field name="name" invisible="n == 1"/><field name="name" invisible="n == 2"/></group></sheet></form>"""
A_SEARCH = """<search><field name="name"/><filter name="a" string="A" domain="[]"/><filter name="b" string="B" domain="[]"/><separator/>
    <filter name="c" string="C" domain="[]"/><filter name="d" string="D" context="{'group_by': 'name'}"/></search>"""

MARCH = "{fieldName: 'day', start: new Date(2026, 2, 1), before: {start: new Date(2026, 1, 1)}}"


def at(label: str, start: str) -> str:
    """A group of one day, as `read_group` answers."""
    return f"{{'day:day': '{label}', __range: {{'day:day': {{from: '{start}'}}}}}}"


SCRIPTS = "<a href='java\\tscript:x()'>a</a><svg><a><animate attributeName='href' to='x'></animate></a></svg><a href='/b' title='c'>d</a>"

KEPT = """(async () => {
    const said = [];
    const rows = [{id: 1, who: [7, 'Ann'], on: true}, {id: 2, who: [8, 'Bob'], on: false}, {id: 3, who: false, on: true}];
    const told = (name) => async (...parts) => { said.push([name, ...parts.slice(0, 2)]); };
    const orm = {searchRead: async () => rows, write: told('write'), create: told('create'), unlink: told('unlink')};
    const filter = {name: 'who_ids', label: 'Who', model: 'kept', field: 'who', check: 'on'};
    const filters = new m.CalendarFilters(orm, {fields: {who_ids: {type: 'many2many', relation: 'x'}}, arch: {filters: [filter]}});
    const before = filters.domain;
    await filters.load();
    const loaded = filters.domain;
    const [section] = filters.sections;
    await filters.toggle(section, section.entries[1]);
    const toggled = filters.domain;
    await filters.remove(section, section.entries[0]);
    return [before, loaded, toggled, said];
})()"""

CASES = [
    (FILTERS, KEPT, [[], [["who_ids", "in", [7]]], [["who_ids", "in", [7, 8]]], [["write", "kept", [2]], ["unlink", "kept", [1]]]]),
    (GRAPH, "m.cumulated({series: [{points: [{value: 1, count: 1, domain: ['a']}, null, {value: 2, count: 3, domain: ['b']}]}]}, {name: '__count'}).series[0].points.map(({value, count, domain}) => [value, count, domain[0]])",
     [[1, 1, "a"], [1, 0, [0, "=", 1]], [3, 3, "b"]]),
    (PIVOT_ARCH, "m.parsePivotArch(xml(`<pivot default_order='n desc' display_quantity='1'/>`), {guild: {fields: {}}}, 'guild').sorting",
     {"column": "", "number": "n", "asc": False}),
    (CALENDAR_ARCH, "(({scale, scales, eventLimit, hidesDate}) => [scale, scales, eventLimit, hidesDate])(m.parseCalendarArch(xml(`<calendar date_start='at' mode='year' scales='month,year' event_limit='3' hide_date='1'/>`), {guild: {fields: {at: {type: 'date'}}}}, 'guild'))",
     ["year", ["month", "year", "agenda"], 3, True]),
    (FORM_ARCH, f"['<form><field name=\"name\"/><field name=\"n\" default_focus=\"1\"/></form>', '<form disable_autofocus=\"1\"/>'].map((arch) => m.parseFormArch(xml(arch), {MODELS}, 'guild')).map(({{focused, hasAutofocus}}) => [focused, hasAutofocus])",
     [["n", True], ["", False]]),
    (NOTIFICATION, "m.partsOf('%s or %s, %s', [{label: '<b>', url: '/a'}, {label: 'no', url: 'java\\tscript:x()'}]).map(({text, url}) => [text, url && new URL(url).pathname])",
     [["", None], ["<b>", "/a"], [" or ", None], ["no", None], [", ", None], ["%s", None], ["", None]]),
    (NOTIFICATION, "m.partsOf('50%s', [])", [{"text": "50%s"}]),
    (HTML, f"""[...m.toSafeFragment("{SCRIPTS}").children].map((element) => element.outerHTML)""",
     ["<a>a</a>", "<svg><a></a></svg>", '<a href="/b" title="c">d</a>']),
    (EVALUATOR, "m.evaluateExpression('1 + 2 * 3 ** 2')", 19),
    (EVALUATOR, "m.evaluateExpression('-2 ** 2')", -4),
    (EVALUATOR, "m.evaluateExpression('7 // 2 - 7 % 2')", 2),
    (EVALUATOR, """m.evaluateBoolean("state not in ('draft', 'sent') or not name", {state: 'sale', name: 'x'})""", True),
    (EVALUATOR, """m.evaluateBoolean("parent.type == 'out' and lines", {parent: {type: 'out'}, lines: []})""", False),
    (EVALUATOR, "m.evaluateBoolean('1 < x <= 3', {x: 3})", True),
    (EVALUATOR, """m.evaluateExpression("'a' if x else 'b'", {x: ''})""", "b"),
    (EVALUATOR, """m.evaluateExpression("{'default_name': name, 'ids': [1, (2, 3)]}", {name: 'n'})""",
     {"default_name": "n", "ids": [1, [2, 3]]}),
    (EVALUATOR, """m.evaluateExpression("context.get('x', 5) + len(ids)", {context: {}, ids: [1, 2]})""", 7),
    (EVALUATOR, """m.evaluateExpression("(datetime.date(2026,1,31) if False else context_today()).strftime('%Y')") > '2000'""", True),
    (EVALUATOR, """m.evaluateExpression("(now - relativedelta(months=1)).strftime('%Y-%m-%d')", {now: moment(2026, 3, 31)})""",
     "2026-02-28"),
    (EVALUATOR, "attempt(() => m.evaluateExpression('unknown'))", "the name 'unknown' has no value in the expression \"unknown\""),
    (EVALUATOR, "attempt(() => m.evaluateExpression('1 +'))", 'the expression ends early at character 4 of "1 +"'),
    (DOMAIN, "m.Domain.and([[['a','=',1],['b','=',2]], [['c','=',3]]]).toList()",
     ["&", "&", ["a", "=", 1], ["b", "=", 2], ["c", "=", 3]]),
    (DOMAIN, "m.Domain.or([[['a','=',1]], []]).toList()", [["a", "=", 1]]),
    (DOMAIN, "new m.Domain(\"['|', ('a', '=', x), ('b', 'ilike', 'y')]\").toList({x: 4})",
     ["|", ["a", "=", 4], ["b", "ilike", "y"]]),
    (DOMAIN, "new m.Domain(['!', ['a', 'in', [1, 2]]]).contains({a: 3})", True),
    (WORDS, "m.plainWords(' Préférences  de L’ŒUVRE ')", ["preferences", "de", "l'oeuvre"]),
    (WORDS, "['الإعدادات', 'مُدُن', 'شركة', 'مبنى', 'عـام'].map(m.plain)", ["الاعدادات", "مدن", "شركه", "مبني", "عام"]),
    (FORMATS, "m.formatFloat(1234567.891, {digits: [16, 2]})", "1,234,567.89"),
    (FORMATS, "m.formatFloat(-0.001)", "0.00"),
    (FORMATS, "m.parseNumber('1,234.5')", 1234.5),
    (FORMATS, "attempt(() => m.parseNumber('12 apples'))", "12 apples is not a number."),
    (FORMATS, "m.formatFloatTime(1.5)", "01:30"),
    (FORMATS, "m.parseFloatTime('-0:45')", -0.75),
    (FORMATS, "m.formatDate('2026-11-03')", "11/03/2026"),
    (FORMATS, "[m.parseDay('11/3/26'), m.parseDay('2026-11-03'), attempt(() => m.parseDay('02/30/2026')), attempt(() => m.parseDay('11/3'))]",
     ["2026-11-03", "2026-11-03", "02/30/2026 is not a day.", "11/3 is not a day."]),
    (ROUTER, "m.pathToSteps('/odoo/contacts/5/action-12/new')",
     [{"action": "contacts", "resId": 5}, {"action": 12, "resId": "new"}]),
    (ROUTER, "m.stepsToPath([{action: 'contacts'}, {action: 'contacts', resId: 5}, {model: 'res.country', resId: 3}])",
     "/odoo/contacts/5/m-res.country/3"),
    (VALUES, "m.parseServerValue({type: 'many2one'}, {id: 3, display_name: 'x'})", [3, "x"]),
    (VALUES, "m.serializeValue({type: 'many2one'}, [3, 'x'])", 3),
    (VALUES, "m.isFilled({type: 'html'}, '<p><br></p>')", False),
    (VALUES, "m.isFilled({type: 'float'}, 0)", True),
    (DRAWING, "m.ticks(0, 2, true)", [0, 1, 2]),
    (DRAWING, "m.ticks(0, 0.9)", [0, 0.25, 0.5, 0.75, 1]),
    (DRAWING, "m.ticks(-30, 55)", [-50, -25, 0, 25, 50, 75]),
    (DRAWING, "m.ticks(0, 0)", [0, 0.25]),
    (PAGER, "m.readRange('1-500', {limit: 80, total: 900, isFree: true})", {"offset": 0, "limit": 500}),
    (PAGER, "m.readRange(' 40 \u2013 60 ', {limit: 80, total: 900, isFree: true})", {"offset": 39, "limit": 21}),
    (PAGER, "m.readRange('12', {limit: 1, total: 9, isFree: false})", {"offset": 8, "limit": 1}),
    (PAGER, "m.readRange('60-40', {limit: 80, total: 90, isFree: true})", {"offset": 59, "limit": 1}),
    (PAGER, "m.readRange('1-99999', {limit: 80, total: 20000, isFree: true})", {"offset": 0, "limit": 10000}),
    (PAGER, "m.readRange('1,001 - \u0662\u0660\u0660\u0660', {limit: 80, total: 20000, isFree: true})", {"offset": 1000, "limit": 1000}),
    (PAGER, "m.readRange('many', {limit: 80, total: 90, isFree: true})", None),
    (WINDOW, "m.chooseRows('abcdef'.split('').map((key) => ({key})), () => 10, {top: 20, bottom: 40}, () => false)"
     ".map((row) => row.height ?? row.key)", [20, "c", "d", 20]),
    (WINDOW, "m.chooseRows('abcdef'.split('').map((key) => ({key})), () => 10, {top: 0, bottom: 10}, (row) => row.key === 'e')"
     ".map((row) => row.height ?? row.key)", ["a", 30, "e", 10]),
    (COLUMNS, "m.arrange(['a', 'new', 'b', 'c'].map((name) => ({name})), ['c', 'a', 'gone', 'b']).map(({name}) => name)",
     ["c", "a", "new", "b"]),
    (SEQUENCE, "m.reordered(['a', 'b', 'c', 'd'], 0, 2)", ["b", "c", "a", "d"]),
    (SEQUENCE, "m.spanToNumber([10, 20, 30, 40], 2, 1)", {"start": 1, "end": 2, "first": 20}),
    (SEQUENCE, "m.spanToNumber([10, 10, 30], 0, 1)", {"start": 0, "end": 2, "first": 10}),
    (SEQUENCE, "m.spanToNumber([10, 10, 30], 0, 1, true)", {"start": 0, "end": 2, "first": 11}),
    (LINES, "m.matchLines(2, 2, () => 0)", [0, 1]),
    (LINES, "m.matchLines(2, 3, (line, place) => 'ab'[line] === 'xab'[place] ? 1 : 0)", [1, 2]),
    (LINES, "m.matchLines(2, 4, (line, place) => 'ab'[line] === 'axby'[place] ? 1 : 0)", [0, 2]),
    (LINES, "m.matchLines(3, 2, (line, place) => 'abc'[line] === 'ac'[place] ? 1 : 0)", [0, -1, 1]),
    (LINES, "m.matchLines(0, 2, () => 0)", []),
    (LITERAL, "m.writeLiteral([true, null, 'untrue \"story\"', {a: [1.5, false]}])",
     '[True, None, "untrue \\"story\\"", {"a": [1.5, False]}]'),
    (COMPARISON, f"m.aligned([{at('Feb 02', '2026-02-02')}], [{at('Mar 02', '2026-03-02')}], ['day:day'], {MARCH})[0]['day:day']", "Mar 02"),
    (COMPARISON, f"m.aligned([{at('Feb 03', '2026-02-03')}], [{at('Mar 02', '2026-03-02')}], ['day:day'], {MARCH})[0]['day:day']", "Feb 03"),
    (COMPARISON, f"m.aligned([{at('Feb 02', '2026-02-01 11:00:00')}], [{at('Mar 02', '2026-03-01 23:00:00')}], ['day:day'], {MARCH})[0]['day:day']", "Mar 02"),
    (COMPARISON, "m.EARLIER.previous_period.shift([new Date(2026, 2, 1), new Date(2026, 3, 1)]).map((day) => day.toDateString())",
     ["Sun Feb 01 2026", "Sun Mar 01 2026"]),
    (COMPARISON, "m.EARLIER.previous_period.shift([new Date(2026, 2, 2), new Date(2026, 2, 9)])[0].toDateString()", "Mon Feb 23 2026"),
    (COMPARISON, "m.EARLIER.previous_period.shift([new Date(2026, 3, 1), new Date(2026, 6, 1)]).map((day) => day.toDateString())",
     ["Thu Jan 01 2026", "Wed Apr 01 2026"]),
    (COMPARISON, "m.EARLIER.previous_year.shift([new Date(2026, 0, 1), new Date(2027, 0, 1)])[1].toDateString()", "Thu Jan 01 2026"),
    (ARCH, "[m.isYes('False'), m.isYes('0'), m.isYes('1'), m.isYes(undefined, true)]", [False, False, True, True]),
    (ARCH, """(() => {
        const fields = {};
        m.addActiveField(fields, { name: 'x', invisible: 'p', readonly: 'r' });
        m.addActiveField(fields, { name: 'x', invisible: 'q', readonly: 's' });
        return [fields.x.invisible, fields.x.readonly];
    })()""", ["(p) and (q)", "(r) and (s)"]),
    (ARCH, "m.readActiveActions(m.parseXML('<list create=\"0\" delete=\"false\"/>'))",
     {"create": False, "edit": True, "delete": False, "duplicate": True, "import": True}),
    (ARCH, "m.readDecorations({'decoration-danger': 'late', class: 'x'})", [{"tone": "danger", "expression": "late"}]),
    (ARCH, "attempt(() => m.parseXML('<list>')).split(':')[0]", "a view that is no XML"),
    (LIST_ARCH, f"m.parseListArch(xml(`{A_LIST}`), {MODELS}, 'guild').columns.map((one) => [one.name, one.optional, one.aggregate?.label, one.kind].map((part) => part ?? ''))",
     [["seq", "", "", "field"], ["name", "hide", "", "field"], ["n", "", "Total", "field"], ["", "", "", "button"]]),
    (LIST_ARCH, f"(({{editable, handleField, defaultOrder, decorations}}) => [editable, handleField, defaultOrder, decorations[0].tone])(m.parseListArch(xml(`{A_LIST}`), {MODELS}, 'guild'))",
     ["bottom", "seq", [{"name": "name", "asc": False}], "info"]),
    (LIST_ARCH, f"['0', '1'].map((may) => m.parseListArch(xml(`<list export_xlsx='${{may}}'/>`), {MODELS}, 'guild').mayExport)", [False, True]),
    (FORM_ARCH, f"(({{activeFields, uses}}) => [Object.keys(activeFields), activeFields.name.invisible, uses.length])(m.parseFormArch(xml(`{A_FORM}`), {MODELS}, 'guild'))",
     [["name"], "(n == 1) and (n == 2)", 2]),
    (FORM_RENDERER, """(() => {
        const form = Object.create(m.FormRendererBase.prototype);
        const use = (name, id) => ({active: {name, string: name.toUpperCase(), attrs: {id}}});
        form.props = {arch: {uses: [use('a', 'first-a'), use('b', 'a')]}, record: {isTrue: () => false}};
        return ['first-a', 'a', 'b', 'gone'].map((word) => form.labelOfName(word));
    })()""", ["A", "A", "B", "gone"]),
    (SEARCH_ARCH, f"m.parseSearchArch(`{A_SEARCH}`, {MODELS}.guild.fields).map(({{name, kind, group}}) => [name, kind, group ?? -1])",
     [["name", "field", -1], ["a", "filter", 0], ["b", "filter", 0], ["c", "filter", 1], ["d", "groupBy", 1]]),
    (SPECIFICATION, "m.getSpecification({p: {name: 'p'}, l: {name: 'l', limit: 40, related: {fields: {n: {type: 'integer'}}, activeFields: {n: {name: 'n'}}}}, id: {}, unknown: {}},"
     " {p: {type: 'many2one'}, l: {type: 'one2many'}, id: {type: 'integer'}})", {"p": {"fields": {"display_name": {}}}, "l": {"fields": {"n": {}}, "limit": 40}}),
    # What was asked before the import has begun, of its trial, is answered when it has.
    (IMPORT, """(async () => {
        let answerLate;
        const told = {at: 0, imported: 0, faulty: 0, rows: 2500, skips_faulty: true, is_waiting: true};
        const answers = {
            import_status: new Promise((resolve) => (answerLate = () => resolve({...told, state: 'done', is_trial: true, problems: []}))),
            start_import: {...told, state: 'running', is_trial: false},
        };
        const job = new m.FileImport({resModel: 'guild', title: ''}, {call: (method) => Promise.resolve(answers[method]), now: () => 0});
        Object.assign(job, {rows: 2500, inBackground: true, isTrial: true, step: 'columns'});
        const before = job.refresh();
        const begun = job.import();
        const meanwhile = job.refresh();
        await begun;
        answerLate();
        return [await before, await meanwhile, job.step, job.isTrial, job.isWaiting];
    })()""", [False, False, "running", False, True]),
    (LIST, "m.orderToText(m.textToOrder('name desc, id'))", "name DESC, id ASC"),
    (GROUPS, "m.groupLabel({type: 'selection', selection: [['a', 'First']]}, 'a')", "First"),
    ("@web/core/patch", """(() => {
        class Greeter { greet(name) { return `hello ${name}`; } get loud() { return false; } }
        const undo = m.patch(Greeter.prototype, { greet(name) { return super.greet(name) + '!'; }, get loud() { return !super.loud; } });
        const changed = [new Greeter().greet('you'), new Greeter().loud];
        undo();
        return [...changed, new Greeter().greet('you'), new Greeter().loud];
    })()""", ["hello you!", True, "hello you", False]),
    (RPC, "m.rpc('/web/about', {much: 'x'.repeat(600000)}, {signal: AbortSignal.abort()}).catch(({name}) => name)", "AbortError"),
    (LUXON, """(() => {
        const { DateTime } = m.luxon;
        const day = DateTime.fromISO('2026-01-31');
        return [day.plus({months: 1}).toISODate(), day.toFormat("d LLL yyyy 'at' HH:mm"), day < DateTime.local(2026, 2, 1), day.startOf('month').day,
            DateTime.fromISO('2026-03-03').diff(day, 'days').days, DateTime.fromISO('2026-03-01').diff(day, ['months', 'days']).toObject(), DateTime.fromISO('x').isValid];
    })()""", ["2026-02-28", "31 Jan 2026 at 00:00", True, 1, 31, {"months": 1, "days": 1}, False]),
    (SEARCH, """(() => {
        const kept = {id: 7, name: 'Mine', domain: '[]', context: '{}', user_id: 2};
        const search = new m.SearchModel({resModel: 'guild', fields: {}, filters: [kept], context: {}, domain: []});
        search.keepFavorite({...kept, domain: "[('n', '=', 1)]"});
        search.keepFavorite({...kept, id: 8, name: 'Other'});
        return [search.items.filter(({kind}) => kind === 'favorite').map(({name, domain}) => [name, domain]), search.filters.map(({id}) => id)];
    })()""", [[["Mine", "[('n', '=', 1)]"], ["Other", "[]"]], [7, 8]]),
    (SEARCH, """(() => {
        const fields = {a: {type: 'char'}, b: {type: 'char'}, c: {type: 'char'}};
        const arch = `<search>${['a', 'b', 'c'].map((name) => `<filter name="${name}" string="${name}" context="{'group_by': '${name}'}"/>`).join('')}</search>`;
        return new m.SearchModel({resModel: 'guild', fields, arch, context: {search_default_a: 3, search_default_b: true, search_default_c: 2}, domain: []}).groupBy;
    })()""", ["b", "c", "a"]),
    (SEARCH, """(() => {
        const fields = {number: {type: 'char', encrypted: true}, start: {type: 'datetime'}};
        const arch = '<search><field name="number"/><field name="start"/></search>';
        const context = {search_default_number: 'FR76', search_default_start: '2026-01-01 00:00:00'};
        const search = new m.SearchModel({resModel: 'guild', fields, arch, context, domain: []});
        search.choices.push({itemId: search.ownFilter("[('number', '=', 'FR76')]", 'mine').id});
        return [search.domain, search.address];
    })()""", [["&", "&", ["number", "=", "FR76"], ["start", "=", "2026-01-01 00:00:00"], ["number", "=", "FR76"]], None]),
]  # fmt: skip

RUN = """async ([name, expression]) => {
    const m = await import(name);
    const { PyMoment } = await import("@web/core/python/dates");
    const { parseXML: xml } = await import("@web/views/arch");
    const moment = (year, month, day) => new PyMoment(new Date(year, month - 1, day), false);
    const attempt = (run) => { try { return run(); } catch (error) { return error.message; } };
    return Function("m", "moment", "attempt", "xml", `return ${expression}`)(m, moment, attempt, xml);
}"""


# On 10 February 2026: what a screen begins with, what it is called, and the months that are offered.
BEGUN = """async ([attributes, within]) => {
    const { SearchModel } = await import("@web/views/search/search_model");
    const Clock = globalThis.Date;
    const now = new Clock(2026, 1, 10, 12).getTime();
    globalThis.Date = class extends Clock { constructor(...parts) { super(...(parts.length ? parts : [now])); } };
    try {
        const arch = `<search><filter name="due" string="Due" date="day" ${attributes}>${within}</filter></search>`;
        const fields = { day: { type: "date", string: "Day" } };
        const search = new SearchModel({ resModel: "x", fields, arch, context: { search_default_due: 1 }, domain: [] });
        return [search.domain, search.facets[0].labels, search.items[0].offer.months];
    } finally {
        globalThis.Date = Clock;
    }
}"""
MONTHS = ["month", "month-1", "month-2"]


def between(first: str, last: str) -> list[Any]:
    return ["&", ["day", ">=", first], ["day", "<", last]]


# attributes of the filter, and what they come to
BEGINNINGS = [
    ("", between("2026-02-01", "2026-03-01"), ["Due: This month"], MONTHS),
    ("default_period='year,month-1'", between("2026-01-01", "2026-02-01"), ["Due: January 2026"], MONTHS),
    ("default_period='month-2'", between("2025-12-01", "2026-01-01"), ["Due: December 2025"], MONTHS),
    ("default_period='month, year-1'", between("2025-02-01", "2025-03-01"), ["Due: February 2025"], MONTHS),
    ("default_period='second_quarter'", between("2026-04-01", "2026-07-01"), ["Due: Q2 2026"], MONTHS),
    ("default_period='year-2'", between("2024-01-01", "2025-01-01"), ["Due: 2024"], MONTHS),
    (
        "default_period='first_quarter,third_quarter'",
        ["|", *between("2026-01-01", "2026-04-01"), *between("2026-07-01", "2026-10-01")],
        ["Due: Q1 2026", "Q3 2026"],
        MONTHS,
    ),
    ("default_period='custom_late'", [["day", "<", "2026-01-11 23:00:00"]], ["Due: Late"], MONTHS),
    ("default_period='whenever'", between("2026-02-01", "2026-03-01"), ["Due: This month"], MONTHS),
    (
        "start_month='-4' end_month='-3'",
        between("2025-11-01", "2025-12-01"),
        ["Due: November 2025"],
        ["month-3", "month-4"],
    ),
    (
        "start_month='0' end_month='2'",
        between("2026-02-01", "2026-03-01"),
        ["Due: This month"],
        ["month+2", "month+1", "month"],
    ),
]
LATE = (
    '<filter name="late" string="Late" domain="[(\'day\', \'&lt;\', datetime.datetime.combine('
    "context_today() - relativedelta(days=30), datetime.time(23, 0)).strftime('%Y-%m-%d %H:%M:%S'))]\"/>"
)


@pytest.fixture(scope="module")
def client_page(browser, server):
    """One page of the client for all cases: nothing in it changes."""
    page = browser.new_context(locale="en-US").new_page()
    page.goto(f"{server.url}/web/login")
    page.fill("input[name=login]", server.login)
    page.fill("input[name=password]", server.password)
    page.click("button[type=submit]")
    page.wait_for_selector("body.f-ready")
    yield page
    page.context.close()


@pytest.mark.parametrize(("module", "expression", "expected"), CASES, ids=[case[1][:60] for case in CASES])
def test_a_part_of_the_client_answers(client_page, module, expression, expected):
    assert client_page.evaluate(RUN, [module, expression]) == expected


def test_a_screen_begins_with_the_period_that_its_view_names(client_page):
    begun = {attributes: client_page.evaluate(BEGUN, [attributes, LATE]) for attributes, *_ in BEGINNINGS}

    assert begun == {attributes: wanted for attributes, *wanted in BEGINNINGS}


def test_every_sign_that_our_views_name_is_drawn(client_page):
    named = {icon for path in VIEWS for icon in re.findall(r'icon="(fa-[\w-]+)"', path.read_text("utf-8"))}
    missing = """async (names) => {
        const { iconPath } = await import("@web/ui/icon/icon");
        return names.filter((name) => !iconPath(name));
    }"""

    assert len(named) > 5
    assert client_page.evaluate(missing, sorted(named)) == []
