/** @odoo-module **/
/** What an addon made for Odoo 18 imports by the documented ids: `window.asked` has what it does not find as it expects it. */
import { Component, xml } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { cookie } from "@web/core/browser/cookie";
import { isMobileOS } from "@web/core/browser/feature_detection";
import { deserializeDateTime, formatDate, formatDateTime, getStartOfLocalWeek, isInRange, parseDate, parseDateTime, serializeDate, serializeDateTime, strftimeToLuxonFormat, today } from "@web/core/l10n/dates";
import { localization } from "@web/core/l10n/localization";
import { _t, translationIsReady } from "@web/core/l10n/translation";
import { get, post } from "@web/core/network/http_service";
import { evaluateBooleanExpr, evaluateExpr } from "@web/core/py_js/py";
import { registry } from "@web/core/registry";
import { cartesian, groupBy, intersection, sortBy, unique, zip } from "@web/core/utils/arrays";
import { Cache } from "@web/core/utils/cache";
import { Race } from "@web/core/utils/concurrency";
import { Domain } from "@web/core/domain";
import { memoize, uniqueId } from "@web/core/utils/functions";
import { useAutofocus, useBus, useChildRef, useForwardRefToParent, useOwnedDialogs, useRefListener, useService, useSpellCheck } from "@web/core/utils/hooks";
import { clamp, floatIsZero, formatFloat, humanNumber, range, roundDecimals, roundPrecision } from "@web/core/utils/numbers";
import { deepCopy, deepEqual, omit, pick, shallowEqual } from "@web/core/utils/objects";
import { effect, Reactive } from "@web/core/utils/reactive";
import { fuzzyLookup, fuzzyTest } from "@web/core/utils/search";
import { capitalize, escape, exprToBoolean, intersperse, isEmail, sprintf } from "@web/core/utils/strings";
import { batched, debounce, throttleForAnimation, useDebounced, useThrottleForAnimation } from "@web/core/utils/timing";
import { getTabableElements } from "@web/core/utils/ui";
import { imageUrl, objectToUrlEncodedString, url } from "@web/core/utils/urls";
import { createElement, parseXML, visitXML } from "@web/core/utils/xml";
import { session } from "@web/session";

const { DateTime } = luxon;
const log = [];
const twice = memoize((/** @type {number} */ number) => log.push(number) && 2 * number);
const cache = new Cache((/** @type {string} */ key) => log.push(key), (/** @type {string} */ key) => key);
const counter = new Reactive();
counter.count = 0;
effect((observed) => log.push(`count ${observed.count}`), [counter]);
counter.count = 1;
cookie.set("asked", "yes", 60);
const kept = cookie.get("asked");
cookie.delete("asked");
const visited = [];
visitXML("<a><b><c/></b><d/></a>", (node) => { visited.push(node.tagName); return node.tagName !== "b"; });
const summer = DateTime.fromFormat("2026-07-04 10:00:00", "yyyy-MM-dd HH:mm:ss", { zone: "utc" });

const answers = {
    rounded: [[roundPrecision(2.675, 0.01), roundPrecision(-2.5, 1), roundPrecision(1.23, 0.05), roundDecimals(1.005, 2), floatIsZero(0.004, 2)], [2.68, -3, 1.25, 1.01, true]],
    roundedOtherwise: [[roundPrecision(2.5, 1, "HALF-EVEN"), roundPrecision(2.5, 1, "HALF-DOWN"), roundPrecision(2.1, 1, "UP"), roundPrecision(2.9, 1, "DOWN")], [2, 2, 3, 2]],
    numbers: [[clamp(7, 1, 5), range(2, 5), formatFloat(1234.5), formatFloat(0.5, { digits: [16, 3], trailingZeros: false }), formatFloat(false), humanNumber(1500, { decimals: 1 }), humanNumber(999)], [5, [2, 3, 4], "1,234.50", "0.5", "", "1.5k", "999"]],
    texts: [[sprintf("%s of %s", 1, 2), sprintf("%(a)s", { a: 3 }), escape("<b>"), capitalize("abc"), isEmail("a@b.cd"), isEmail("a@b"), exprToBoolean("0"), intersperse("1234567", [3, 0], ",")], ["1 of 2", "3", "&lt;b&gt;", "Abc", true, false, false, "1,234,567"]],
    lists: [[unique([1, 1, 2]), intersection([1, 2], [2, 3]), groupBy([1, 2, 3], (one) => (one % 2 ? "odd" : "even")), sortBy([{ a: 2 }, { a: 1 }], "a"), cartesian([1, 2], ["a"]), zip([1, 2], [3])], [[1, 2], [2], { odd: [1, 3], even: [2] }, [{ a: 1 }, { a: 2 }], [[1, "a"], [2, "a"]], [[1, 3]]]],
    objects: [[pick({ a: 1, b: 2 }, "a", "c"), omit({ a: 1, b: 2 }, "a"), shallowEqual({ a: 1 }, { a: 1 }), deepEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), deepEqual([1], [2]), deepCopy({ a: [1] })], [{ a: 1 }, { b: 2 }, true, true, false, { a: [1] }]],
    remembered: [[twice(4), twice(4), cache.read("x"), cache.read("x"), uniqueId("p") !== uniqueId("p")], [8, 8, 4, 4, true]],
    observed: [log, ["count 0", "count 1", 4, "x"]],
    addresses: [[url("/a", { b: "c d" }), objectToUrlEncodedString({ a: 1, b: "" }), imageUrl("res.users", 2, "image_128", { width: 8, height: 9 })], [`${browser.location.origin}/a?b=c%20d`, "a=1&b=", `${browser.location.origin}/web/image/res.users/2/image_128/8x9`]],
    cookies: [[kept, cookie.get("asked") || ""], ["yes", ""]],
    xml: [[visited, parseXML("<a b='c'/>").getAttribute("b"), new XMLSerializer().serializeToString(createElement("i", { a: 1 }, [createElement("u")]))], [["a", "b", "d"], "c", '<i a="1"><u/></i>']],
    python: [[evaluateExpr("a + 1", { a: 2 }), evaluateBooleanExpr("a and b", { a: 1, b: 0 })], [3, false]],
    letters: [[fuzzyLookup("slo", ["Solo", "Sales orders", "x"], (one) => one)[0], fuzzyTest("xy", "x")], ["Solo", false]],
    language: [[localization.dateFormat, localization.decimalPoint, localization.direction, strftimeToLuxonFormat("%d.%m.%Y um %H"), _t("Save")], ["MM/dd/yyyy", ".", "ltr", "dd.MM.yyyy 'um' HH", "Save"]],
    written: [[formatDate(DateTime.fromISO("2026-11-03")), formatDate(DateTime.fromISO("2026-11-03"), { format: "d MMM" }), formatDateTime(deserializeDateTime(serializeDateTime(DateTime.local(2026, 7, 4, 10, 5))), { showSeconds: false }), formatDate(false)], ["11/03/2026", "3 Nov", "07/04/2026 10:05", ""]],
    read: [[serializeDate(parseDate("11/03/2026")), parseDate("+2d").diff(today(), "days").days, serializeDateTime(summer), serializeDate(getStartOfLocalWeek(DateTime.fromISO("2026-11-25"))), parseDateTime("07/04/2026 10:05:06").second, isInRange(today(), [today(), today()])], ["2026-11-03", 2, "2026-07-04 10:00:00", "2026-11-22", 6, true]],
    domains: [[new Domain([["a", "=", true]]).toString(), Domain.not([["a", "=", 1], ["b", "=", 2]]).toList()], ['[["a", "=", True]]', ["!", "&", ["a", "=", 1], ["b", "=", 2]]]],
    there: [[isMobileOS(), typeof session.uid, typeof owl.Component, getTabableElements(document.createElement("p"))], [false, "number", "function", []]],
    functions: [[get, post, batched, debounce, throttleForAnimation, useDebounced, useThrottleForAnimation, useAutofocus, useBus, useChildRef, useForwardRefToParent, useOwnedDialogs, useRefListener, useService, useSpellCheck].map((one) => typeof one), Array(15).fill("function")],
};

export const asked = Promise.all([translationIsReady, new Race().add(Promise.resolve(5))]).then((promised) => {
    const told = { ...answers, promised: [promised, [true, 5]] };
    return Object.entries(told).filter(([, [found, expected]]) => JSON.stringify(found) !== JSON.stringify(expected)).map(([name, [found]]) => `${name}: ${JSON.stringify(found)}`);
});
window.asked = asked;
registry.category("asked").add("component", class extends Component { static template = xml``; });
