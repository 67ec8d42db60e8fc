/** May a file be sent? */
import { formatFloat } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { session } from "@web/core/session";

export const DEFAULT_MAX_FILE_SIZE = 128 * 1024 * 1024;

/** @param {number} bytes @param {any} notification the service, that says so @returns {boolean} false: it is too large */
export function checkFileSize(bytes, notification) {
    const most = session.max_file_upload_size || DEFAULT_MAX_FILE_SIZE;
    if (bytes <= most) {
        return true;
    }
    const megabytes = (/** @type {number} */ size) => formatFloat(size / 1024 / 1024);
    notification.add(_t("The file has %(size)s MB; at most %(most)s MB are taken.", { size: megabytes(bytes), most: megabytes(most) }), { type: "danger" });
    return false;
}
