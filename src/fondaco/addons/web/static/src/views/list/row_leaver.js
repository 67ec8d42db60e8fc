/**
 * The row that is edited is left by whatever is done elsewhere: it is saved once for all who want it left, and an error of
 * that is told once.
 */
import { useExternalListener } from "@odoo/owl";

export class RowLeaver {
    /** @param {{finish: () => Promise<boolean>, isOutside: (target: Element) => boolean}} parts finish: save the row; false when it is not fit to be left */
    constructor({ finish, isOutside }) {
        this.finish = finish;
        this.isOutside = isOutside;
        /** @type {Promise<boolean>|null} */
        this.leaving = null;
        /** How many want the row left that is being saved. */
        this.waiting = 0;
        /** What kept the last press from leaving the row, which people were told; until they do something else. @type {Error|null} */
        this.told = null;
    }

    /** @returns {Promise<boolean>} false when the row is not fit to be left, or people know already why it could not be saved */
    leave() {
        if (this.told) {
            return Promise.resolve(false);
        }
        if (!this.leaving) {
            this.waiting = 0;
            this.leaving = this.finish().finally(() => {
                this.leaving = null;
            });
        }
        this.waiting += 1;
        return this.leaving;
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

/** @param {{finish: () => Promise<boolean>, isOutside: (target: Element) => boolean}} parts */
export function useRowLeaver(parts) {
    const leaver = new RowLeaver(parts);
    useExternalListener(window, "pointerdown", (/** @type {any} */ event) => leaver.onPress(event), { capture: true });
    useExternalListener(window, "keydown", () => {
        leaver.told = null;
    }, { capture: true });
    return leaver;
}
