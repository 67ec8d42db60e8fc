/** Code that only few pages need: asked for when it is needed, once. */

/** @type {Map<string, Promise<void>>} */
const asked = new Map();

/** Load a classic script. @param {string} url @returns {Promise<void>} */
export function loadJS(url) {
    let answer = asked.get(url);
    if (!answer) {
        answer = new Promise((resolve, reject) => {
            const script = document.createElement("script");
            script.src = url;
            script.onload = () => resolve();
            script.onerror = () => {
                asked.delete(url);
                script.remove();
                reject(new Error(`a part of the page could not be loaded: ${url}`));
            };
            document.head.append(script);
        });
        asked.set(url, answer);
    }
    return answer;
}
