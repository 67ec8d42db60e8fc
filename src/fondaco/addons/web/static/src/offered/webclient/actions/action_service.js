/** What the component of a client action is given. */

export const standardActionServiceProps = {
    action: { type: Object },
    actionId: { optional: true },
    className: { type: String, optional: true },
    globalState: { type: Object, optional: true },
    state: { type: Object, optional: true },
    resId: { optional: true },
    updateActionState: { type: Function, optional: true },
    "*": true,
};
