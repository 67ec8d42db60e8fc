/**
 * Which files of addons could not be loaded, and what did they ask for in vain? The browser names the first thing that is
 * missing; whoever carries an addon over wants to know all of it, and where it is written what there is.
 */
import { _t } from "@web/core/i18n";

const LIST = "docs/integrator/client.md";
const COMMENT = /\/\*[^]*?\*\/|^[ \t]*\/\/.*$/gm;
const FROM = /^[ \t]*(?:import|export)\b([^;"'`]*?)\bfrom\s*["']([^"']+)["']|^[ \t]*import\s*["']([^"']+)["']/gm;

/** @returns {Record<string, string>} id to address */
const importMap = () => JSON.parse(document.querySelector("script[type=importmap]")?.textContent || "{}").imports || {};

/** @param {string} clause "{ a, b as c }", "d", "* as e" @returns {string[]} what the other module must have */
function namesIn(clause) {
    const inside = /\{([^}]*)\}/.exec(clause)?.[1] || "";
    const names = inside.split(",").map((part) => part.trim().split(/\s+as\s+/)[0]).filter(Boolean);
    return /^\s*[A-Za-z_$]/.test(clause.replace(/\{[^}]*\}/, "")) ? ["default", ...names] : names;
}

/**
 * What the file asks for and is not there: ids of modules, and names with the id of the module that lacks them.
 * @param {string} address @returns {Promise<string[]>}
 */
async function lackingOf(address) {
    const source = (await (await fetch(address)).text()).replace(COMMENT, "");
    const found = [...source.matchAll(FROM)].map(([, clause, id, bare]) => ({ names: clause ? namesIn(clause) : [], id: id || bare }));
    const lacking = await Promise.all(found.map(async ({ names, id }) => {
        const place = id.startsWith(".") ? new URL(id, new URL(address, window.location.href)).pathname : id;
        const module = await import(place).catch(() => null);
        return module ? names.filter((name) => !(name in module)).map((name) => `${name} of ${id}`) : [id];
    }));
    return [...new Set(lacking.flat())];
}

/**
 * Say it in the console, and on the screen of who has debug mode.
 * @param {{name: string, error: any}[]} leftOut @param {any} env
 */
export async function tellLeftOut(leftOut, env) {
    const addresses = leftOut.length ? importMap() : {};
    for (const { name, error } of leftOut) {
        const address = addresses[name] || "";
        const file = address.split("?")[0].slice(1);
        const lacking = await lackingOf(address);
        const missing = lacking.length ? ` It asks for what is not here: ${lacking.join(", ")}; ${LIST} lists what is.` : "";
        console.error(`${name} cannot be loaded and is left out: ${error.message} (${file}).${missing}`);
        if (env.debug) {
            const values = { file, list: LIST, lacking: lacking.join(", "), reason: error.message };
            const message = lacking.length ? _t("%(file)s asks for what is not here: %(lacking)s. The page %(list)s lists the modules that there are.", values) : _t("%(file)s could not be started: %(reason)s", values);
            env.services.notification.add(message, { title: _t("A file of the module %s is left out", file.split("/")[0]), type: "warning", sticky: true });
        }
    }
}
