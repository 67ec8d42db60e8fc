#!/bin/sh
# The browser of the tests: used when there, installed by root, otherwise the tests that need it are skipped with this sentence.
for name in "$FONDACO_TEST_CHROMIUM" chromium chromium-browser google-chrome; do
    test -n "$name" && command -v "$name" >/dev/null 2>&1 && exit 0
done
if test "$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1; then
    echo "Installing chromium for the browser tests ..." >&2
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium; } >/dev/null 2>&1 && exit 0
fi
echo "No Chromium here and it could not be installed: the browser tests are skipped. Install chromium, or name it in FONDACO_TEST_CHROMIUM." >&2
exit 0
