/** The step on top of the stack, painted. */
import { Component, useEffect, useRef, useState, useSubEnv, xml } from "@odoo/owl";
import { evaluateExpression } from "@web/core/python/evaluator";
import { registry } from "@web/core/registry";
import { router } from "@web/core/router";
import { useService } from "@web/core/services";
import { _t } from "@web/core/i18n";
import { ErrorBoundary } from "@web/ui/error_boundary";
import { View } from "@web/views/view";
import { FailedStep, isTold } from "@web/webclient/failed_step";

const LABELS = { list: _t("List"), kanban: _t("Cards"), form: _t("Form"), graph: _t("Graph"), pivot: _t("Pivot table"), calendar: _t("Calendar") };

/** A client action, told where it stands. */
class ClientAction extends Component {
    static template = xml`<t t-component="Component" action="props.action"/>`;
    static props = ["action", "config"];

    setup() {
        this.Component = registry.category("actions").get(this.props.action.tag);
        useSubEnv({ config: this.props.config });
    }
}

export class ActionContainer extends Component {
    static template = xml`
        <main class="f-main" id="main" tabindex="-1" t-ref="main">
            <t t-if="step">
                <ErrorBoundary t-key="step.key" onFailed="(error) => !isTold(error)">
                    <View t-if="step.kind === 'view'" t-props="viewProps"/>
                    <ClientAction t-else="" action="step.action" config="makeConfig(step)"/>
                    <t t-set-slot="failed" t-slot-scope="failure"><FailedStep config="makeConfig(step)" error="failure.error" retry="failure.retry"/></t>
                </ErrorBoundary>
            </t>
        </main>`;
    static components = { ClientAction, ErrorBoundary, FailedStep, View };
    static props = [];

    setup() {
        this.actions = useService("action");
        this.isTold = isTold;
        this.shown = useState(this.actions.shown);
        /** @type {{el: any}} */
        const main = useRef("main");
        // what had the focus went with what was shown before: Tab goes on in the new content, not at the top of the page
        let before = 0;
        useEffect((key) => {
            if (before && document.activeElement === document.body) {
                main.el.focus({ preventScroll: true });
            }
            before = key;
        }, () => [this.step?.key]);
    }

    /** The step itself, not an observed copy of it: views write their state into it. */
    get step() {
        return this.shown.step && this.actions.top;
    }

    get viewProps() {
        const { step } = this;
        const { action } = step;
        return {
            ...this.actions.viewOf(action, step.viewType),
            domain: typeof action.domain === "string" ? evaluateExpression(action.domain, action.evalNames) : action.domain,
            resId: typeof step.resId === "number" ? step.resId : false,
            resIds: step.resIds,
            searchState: step.state?.searchState || (step.search === undefined ? undefined : { address: step.search }),
            actionProps: { state: step.state, noContentHelp: action.help, limit: action.limit },
            config: this.makeConfig(step),
        };
    }

    /** What a view knows about where it stands. @param {any} step */
    makeConfig(step) {
        const { actions } = this;
        const index = actions.stack.indexOf(step);
        const types = (step.action.views || []).map(([, type]) => type);
        const place = actions.routeOf({ ...step, resId: undefined });
        const below = actions.stack.slice(0, index).map((item) => actions.routeOf(item)).filter(Boolean);
        return {
            actionId: step.action.id,
            get displayName() {
                return step.ownName || step.action.name || step.name;
            },
            setDisplayName: (name) => actions.rename(step, name),
            viewTypes: types,
            views: step.action.views,
            breadcrumbs: actions.stack.slice(0, index).flatMap((item, position) => (item.action.tag === "home" ? [] : [{
                name: item.name || item.action.name,
                url: router.stateToUrl({ actionStack: actions.stack.slice(0, position + 1).map((each) => actions.routeOf(each)).filter(Boolean), search: item.search }),
                onSelected: () => actions.goTo(position),
            }])),
            viewSwitcher: step.viewType === "form" ? [] : types.filter((type) => type !== "form" && registry.category("views").contains(type)).map((type) => ({
                type, name: LABELS[type] || registry.category("views").get(type).displayName || type, icon: registry.category("views").get(type).icon, isActive: type === step.viewType, onSelected: () => actions.switchView(type),
            })),
            urlOf: (resId) => router.stateToUrl({ actionStack: [...below, place, { ...place, resId }] }),
            setView: (view) => {
                step.view = view;
            },
            setController: (hooks) => {
                step.hooks = hooks;
            },
            setSearch: (search) => actions.setSearch(step, search),
            setCurrent: (current) => actions.setCurrent(step, current),
        };
    }
}
