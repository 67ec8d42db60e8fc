/** Who is logged in, with which rights and settings: the answer the server put into the page. */

/** @returns {Record<string, any>} */
function readPage() {
    const element = document.getElementById("session-info");
    return element ? JSON.parse(element.textContent || "{}") : {};
}

/** The session info of the server; changed in place when it is read again. */
export const session = readPage();
session.user_context ??= {};
