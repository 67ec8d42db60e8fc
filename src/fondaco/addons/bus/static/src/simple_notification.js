/** News that are nothing but a sentence for the user are shown to him. */
import { registry } from "@web/core/registry";

registry.category("services").add("simple_notification", {
    dependencies: ["bus_service", "notification"],
    start(env, { bus_service: bus, notification }) {
        bus.subscribe("simple_notification", ({ message, title, type, sticky }) => {
            notification.add(message || "", { title: title || "", type: type || "info", sticky: Boolean(sticky) });
        });
    },
});
