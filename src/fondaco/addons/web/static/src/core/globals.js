/** Which names do addons expect to find without an import: the libraries. One that brings the library itself keeps its own. */
import { luxon } from "@web/core/luxon";

/** @type {any} */ (window).luxon ??= luxon;
/** @type {any} */ (window).owl ??= await import("@odoo/owl");
