/** What the tab of the browser is called: parts that each belong to somebody, the name of the program last. */
import { registry } from "@web/core/registry";

const PROGRAM = "Fondaco";

class Title {
    constructor() {
        /** @type {Record<string, string>} */
        this.parts = {};
        /** @type {Record<string, number>} */
        this.counters = {};
    }

    get current() {
        return document.title;
    }

    /** @returns {Record<string, string>} a copy */
    getParts() {
        return { ...this.parts };
    }

    /** @param {Record<string, string|null|undefined|false>} parts by owner; nothing takes a part away */
    setParts(parts) {
        this.parts = /** @type {Record<string, string>} */ (Object.fromEntries(Object.entries({ ...this.parts, ...parts }).filter(([, part]) => part)));
        this.write();
    }

    /** How much waits for the user. @param {Record<string, number|null|undefined|false>} counters by owner */
    setCounters(counters) {
        this.counters = /** @type {Record<string, number>} */ (Object.fromEntries(Object.entries({ ...this.counters, ...counters }).filter(([, count]) => count)));
        this.write();
    }

    write() {
        const count = Object.values(this.counters).reduce((sum, one) => sum + one, 0);
        document.title = (count ? `(${count}) ` : "") + [...Object.values(this.parts), PROGRAM].join(" · ");
    }
}

registry.category("services").add("title", { start: () => new Title() });
