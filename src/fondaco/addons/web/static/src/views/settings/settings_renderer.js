/** Settings on the page: the app chosen, or whatever was searched for in all of them. */
import { _t } from "@web/core/i18n";
import { plainWords } from "@web/core/words";
import { FormRendererBase } from "@web/views/form/form_renderer";
import { Icon } from "@web/ui/icon/icon";

export class SettingsRenderer extends FormRendererBase {
    static components = { ...FormRendererBase.components, Icon };
    static props = [...FormRendererBase.props, "app", "text"];

    get companyText() {
        return _t("Holds for the present company only");
    }

    /** @param {number} number */
    showsApp(number) {
        const { app, text, arch } = this.props;
        return text ? arch.settings.some((setting, index) => setting.app === number && this.showsSetting(index)) : arch.apps[number].key === app;
    }

    /** @param {number} number */
    showsBlock(number) {
        const own = this.props.arch.settings.flatMap((setting, index) => (setting.block === number ? [index] : []));
        return !own.length || own.some((index) => this.showsSetting(index));
    }

    /** @param {number} number */
    showsSetting(number) {
        const words = plainWords(this.props.text);
        return words.every((word) => this.props.arch.settings[number].words.includes(word));
    }
}
