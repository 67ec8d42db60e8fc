/** Columns that go elsewhere: the records they stand for get another order. The mouse carries them, and their menus move them on. */
import { _t } from "@web/core/i18n";
import { reordered } from "@web/model/sequence";

export class ColumnMover {
    /** @param {import("@web/model/list").RecordList} list @param {{mayMove: () => boolean, said: (text: string) => void}} owner */
    constructor(list, { mayMove, said }) {
        this.list = list;
        this.mayMove = mayMove;
        this.said = said;
        /** The column that the mouse carries. @type {any} */
        this.carried = null;
    }

    /** @param {any} group one that stands for no record has no place */
    isPossible(group) {
        return group.field?.type === "many2one" && Boolean(group.value) && this.mayMove();
    }

    /** @param {any} group */
    isGoal(group) {
        return group !== this.carried && this.isPossible(group);
    }

    /** @param {any} group */
    lift(group) {
        this.carried = this.isPossible(group) ? group : null;
    }

    letGo() {
        this.carried = null;
    }

    /** What is carried comes to where this column stands. @param {any} group */
    async put(group) {
        const { carried } = this;
        this.carried = null;
        await this.moveTo(carried, (groups) => groups.findIndex(({ value }) => value === group.value));
    }

    /** @param {any} group @param {1|-1} step */
    async by(group, step) {
        await this.moveTo(group, (_groups, place) => place + step);
    }

    /** @param {any} group @param {(groups: any[], place: number) => number} goalOf */
    async moveTo(group, goalOf) {
        const { list } = this;
        const groups = (list.groups || []).filter(({ value }) => Boolean(value));
        // what was read again while it was carried may be without it
        const place = groups.findIndex(({ value }) => value === group.value);
        const goal = place < 0 ? -1 : goalOf(groups, place);
        if (goal < 0 || goal >= groups.length || goal === place) {
            return;
        }
        const moved = reordered(groups, place, goal);
        const others = (list.groups || []).filter(({ value }) => !value);
        list.groups = list.groups?.[0] === others[0] ? [...others, ...moved] : [...moved, ...others];
        list.model.notify();
        try {
            await list.model.orm.resequence(group.field.relation, moved.map(({ value }) => value), { context: list.context });
        } finally {
            await list.reload();
        }
        this.said(_t("“%(name)s” is column %(place)s of %(all)s", { name: group.name, place: goal + 1, all: groups.length }));
    }
}
