/**
 * While databases are made, copied, restored and deleted: how much of a file is sent, and that the server is at work.
 * Without this script the forms do the same, and say less.
 */
for (const form of document.querySelectorAll("form[data-sending]")) {
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        send(form);
    });
}

/** @param {HTMLFormElement} form */
function send(form) {
    const { sending, working, lost } = form.dataset;
    const button = form.querySelector("button[type=submit]");
    const status = document.createElement("p");
    const bar = document.createElement("progress");
    const text = document.createElement("span");
    status.className = "f-database-progress";
    status.setAttribute("role", "status");
    bar.setAttribute("aria-label", working);
    status.append(bar, text);
    button.disabled = true;
    button.before(status);
    const hasFile = Boolean(form.querySelector("input[type=file]"));
    text.textContent = hasFile ? sending : working;

    const request = new XMLHttpRequest();
    if (hasFile) {
        request.upload.onprogress = ({ loaded, total }) => {
            bar.max = total;
            bar.value = loaded;
        };
    }
    request.upload.onload = () => {
        bar.removeAttribute("value"); // how long the server needs nobody knows
        text.textContent = working;
    };
    request.onerror = () => {
        bar.remove();
        text.textContent = lost;
        button.disabled = false;
    };
    request.onload = () => show(request, form.action);
    request.open("POST", form.action);
    request.send(new FormData(form));
}

/** Where the server sends one; or the page that says what is wrong. @param {XMLHttpRequest} request @param {string} asked */
function show(request, asked) {
    if (request.responseURL !== asked) {
        window.location.assign(request.responseURL);
        return;
    }
    document.open();
    document.write(request.responseText);
    document.close();
}
