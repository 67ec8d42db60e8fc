/**
 * The row that is edited is left by whatever is done elsewhere: it is saved once for all who want it left, and an error of
 * that is told once. A save that did not reach the server is sent again when the server is back.
 */
import { useExternalListener } from "@odoo/owl";
import { ConnectionLostError, rpcBus } from "@web/core/rpc";
import { useBus } from "@web/core/services";

/** @typedef {{finish: (isStaying: boolean) => Promise<boolean>, isOutside: (target: Element) => boolean}} Parts finish: save the row, and end its editing unless somebody stays in it; false when it is not fit to be left */

export class RowLeaver {
    /** @param {Parts} parts */
    constructor({ finish, isOutside }) {
        this.finish = finish;
        this.isOutside = isOutside;
        /** @type {Promise<boolean>|null} */
        this.leaving = null;
        /** How many want the row left that is being saved. */
        this.waiting = 0;
        /** What kept the last press from leaving the row, which people were told; until they do something else. @type {Error|null} */
        this.told = null;
        /** Whether the row could not be saved as the server was away. */
        this.isCutOff = false;
    }

    /** @param {boolean} [isStaying] @returns {Promise<boolean>} false when the row is not fit to be left, or people know already why it could not be saved */
    leave(isStaying = false) {
        if (this.told) {
            return Promise.resolve(false);
        }
        if (!this.leaving) {
            this.waiting = 0;
            this.isCutOff = false;
            this.leaving = this.finish(isStaying).catch((error) => {
                this.isCutOff = error instanceof ConnectionLostError;
                throw error;
            }).finally(() => {
                this.leaving = null;
            });
        }
        this.waiting += 1;
        return this.leaving;
    }

    /** The server is there again; it knows a save by its key and does nothing twice. @param {boolean} isStaying somebody is in the row */
    async again(isStaying) {
        if (this.isCutOff) {
            this.told = null;
            await this.leave(isStaying);
        }
    }

    /** A press outside comes before what the press is for: where that wants the row left too, the error is for it. @param {Event} event */
    async onPress(event) {
        this.told = null;
        if (!this.isOutside(/** @type {Element} */ (event.target))) {
            return;
        }
        try {
            await this.leave();
        } catch (error) {
            if (this.waiting === 1) {
                this.told = error;
                throw error;
            }
        }
    }
}

/** @param {Parts & {isInside: () => boolean}} parts isInside: whether somebody is in the row */
export function useRowLeaver({ isInside, ...parts }) {
    const leaver = new RowLeaver(parts);
    for (const isBack of ["ONLINE", "RETRY"]) {
        useBus(rpcBus, isBack, () => leaver.again(isInside()));
    }
    useExternalListener(window, "pointerdown", (/** @type {any} */ event) => leaver.onPress(event), { capture: true });
    useExternalListener(window, "keydown", () => {
        leaver.told = null;
    }, { capture: true });
    return leaver;
}
