/** What the controller of a view is given. */

export const standardViewProps = {
    resModel: { type: String },
    arch: { type: Object, optional: true },
    fields: { type: Object, optional: true },
    context: { type: Object, optional: true },
    resId: { optional: true },
    resIds: { type: Array, optional: true },
    viewId: { optional: true },
    toolbar: { type: Object, optional: true },
    searchModel: { type: Object, optional: true },
    viewDescription: { type: Object, optional: true },
    state: { optional: true },
    limit: { optional: true },
    noContentHelp: { optional: true },
    selectRecord: { type: Function, optional: true },
    close: { type: Function, optional: true },
    "*": true,
};
