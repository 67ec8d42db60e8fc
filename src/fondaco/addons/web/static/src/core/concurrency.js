/** Answers that come in another order than they were asked for. */

/** A promise that others settle. @extends {Promise<any>} */
export class Deferred extends Promise {
    constructor(/** @type {any} */ begin = () => {}) {
        let doors;
        super((resolve, reject) => {
            doors = { resolve, reject };
            begin(resolve, reject);
        });
        Object.assign(this, doors);
    }
}

/** Of promises added one after another only the last is answered; those before it never are. */
export class KeepLast {
    constructor() {
        this.last = 0;
    }

    /** @template T @param {Promise<T>} promise @returns {Promise<T>} */
    add(promise) {
        const number = ++this.last;
        return new Promise((resolve, reject) => {
            promise.then((value) => number === this.last && resolve(value), (error) => number === this.last && reject(error));
        });
    }
}

/** What is asked for again before it is done is done once: a second press may come before the first is painted. */
export class Once {
    constructor() {
        /** @type {Promise<any>|null} */
        this.underWay = null;
    }

    /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
    exec(work) {
        this.underWay ||= work().finally(() => {
            this.underWay = null;
        });
        return this.underWay;
    }
}

/** One after another: each begins when the one before it has ended, however it ended. */
export class Mutex {
    constructor() {
        /** @type {Promise<any>} */
        this.end = Promise.resolve();
    }

    /** @template T @param {() => Promise<T>|T} work @returns {Promise<T>} */
    exec(work) {
        const answer = this.end.then(work);
        this.end = answer.catch(() => {});
        return answer;
    }

    /** When all that was asked for so far has ended. */
    getUnlockedDef() {
        return this.end;
    }
}
