/** Reading and changing records, and the commands that change lines. */
import { ORM, ormService } from "@web/core/orm";

export { ORM, ormService };

export const x2ManyCommands = {
    CREATE: 0, UPDATE: 1, DELETE: 2, UNLINK: 3, LINK: 4, CLEAR: 5, SET: 6,
    /** @param {string|false} virtualId @param {object} values */
    create: (virtualId, values) => [0, virtualId || false, values],
    /** @param {number} id @param {object} values */
    update: (id, values) => [1, id, values],
    /** @param {number} id */
    delete: (id) => [2, id, false],
    /** @param {number} id */
    unlink: (id) => [3, id, false],
    /** @param {number} id */
    link: (id) => [4, id, false],
    clear: () => [5, false, false],
    /** @param {number[]} ids */
    set: (ids) => [6, false, ids],
};
