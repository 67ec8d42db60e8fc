/** The application of the page, for what makes parts of it outside of a component. */

/** Set when the page is started. @type {{app: any}} */
export const page = { app: null };
