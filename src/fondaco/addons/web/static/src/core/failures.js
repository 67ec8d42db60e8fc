/**
 * What is a failure that the server did not mean, for the person who met it: a sentence with what to do, by the class of
 * the error. Python's own sentence is for whoever mends it. What a method had committed itself before it failed stays, so
 * none of them says that nothing was saved at all. Pure.
 */
import { _t } from "@web/core/i18n";

const SIMULTANEOUS = _t("Others were changing the same records at that moment, and this was not finished. What was not finished is not saved; try it again.");
const READ_ONLY = _t("The database can only be read at the moment. Nothing was saved; try it again in some minutes.");
const UNFIT = _t("A module was changed and the database does not know it yet, so this was not finished. An administrator upgrades the module on the page Apps, then try it again.");
const LONG = _t("A text is longer than its field takes and was not saved: shorten it and try again.");
const LARGE = _t("A number is larger than its field takes and was not saved: correct it and try again.");
const TOO_MUCH = _t("This took more time or memory than one request may, and was stopped; what was not finished is not saved. Try it with fewer records at a time. If it must take longer, an administrator can allow it.");

/** @type {Record<string, string|undefined>} */
const SENTENCES = {
    SerializationFailure: SIMULTANEOUS,
    DeadlockDetected: SIMULTANEOUS,
    LockNotAvailable: SIMULTANEOUS,
    ReadOnlySqlTransaction: READ_ONLY,
    UndefinedColumn: UNFIT,
    UndefinedTable: UNFIT,
    StringDataRightTruncation: LONG,
    NumericValueOutOfRange: LARGE,
    LimitExceeded: TOO_MUCH,
    QueryCanceled: TOO_MUCH,
    MemoryError: TOO_MUCH,
    OutOfMemory: TOO_MUCH,
    WorkCancelled: _t("An administrator has ended this, because others waited for it; what was not finished is not saved. You may try it again."),
    OutcomeUnknown: _t("The database went away at the very moment this was being saved. It is saved whole or not at all: look at the record before you try again."),
    DiskFull: _t("The database has no room left, so this was not saved. Tell whoever looks after the system at once. Leave this page open: what you entered is still here, and can be saved when there is room."),
};

const UNEXPECTED = _t("The server met an error that nobody expected; what was not finished is not saved. Look at what is there, then try it once more. If it happens again, tell whoever looks after the system what you did, and when.");

const EXPECTED = /(UserError|ValidationError|AccessError|AccessDenied|MissingError|MissingActionError|LockError|WriteConflict|RedirectWarning|Warning)$/;
/** Those of HTTP and of the session have sentences of the server or of the client. */
const TOLD = /^(werkzeug|odoo\.http)\./;

const sentenceOf = (/** @type {string} */ name) => SENTENCES[name.split(".").pop() || ""];

/** Whether the server refused on purpose: a rule of the business, a right that is missing. @param {string} name @param {boolean} isRefusal it says so @returns {boolean} */
export const isExpected = (name, isRefusal) => EXPECTED.test(name) || (isRefusal && !sentenceOf(name));

/** The sentence for what the server did not mean; none for all else. @param {string} name of the class, "psycopg2.errors.DiskFull" @param {boolean} isRefusal @returns {string} */
export const failureText = (name, isRefusal) => (!name || TOLD.test(name) || isExpected(name, isRefusal) ? "" : sentenceOf(name) || UNEXPECTED);
