/**
 * How does an addon change what another part does: replace methods of an object or a prototype, with `super` as it was.
 *
 *     patch(ListController.prototype, { setup() { super.setup(); this.extra = true; } });
 */

/**
 * @param {any} target an object, or the prototype of a class
 * @param {any} extension methods and accessors; used once
 * @returns {() => void} puts back what was there
 */
export function patch(target, extension) {
    const before = Object.create(Object.getPrototypeOf(target));
    const keys = Reflect.ownKeys(extension);
    for (const key of keys) {
        const descriptor = Object.getOwnPropertyDescriptor(target, key);
        if (descriptor) {
            Object.defineProperty(before, key, descriptor);
        }
        const own = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(extension, key));
        // an accessor given in half keeps its other half
        const half = descriptor && (own.get || own.set) ? { get: own.get || descriptor.get, set: own.set || descriptor.set } : {};
        Object.defineProperty(target, key, { ...own, ...half, configurable: true, enumerable: descriptor ? descriptor.enumerable : own.enumerable });
    }
    // methods of an object literal look for `super` above the literal
    Object.setPrototypeOf(extension, before);
    return () => {
        for (const key of keys) {
            delete target[key];
            const descriptor = Object.getOwnPropertyDescriptor(before, key);
            if (descriptor) {
                Object.defineProperty(target, key, descriptor);
            }
        }
    };
}
