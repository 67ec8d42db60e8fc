#!/bin/sh
# Check the types of the client with TypeScript, which reads JSDoc and emits nothing. Needs npm; where there is none, say so.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v npm >/dev/null 2>&1; then
    echo "types of the client: not checked, npm is not installed (apt install npm)" >&2
    exit 0
fi
if [ ! -x node_modules/.bin/tsc ] || [ ! -d node_modules/@odoo/owl ]; then
    npm install --no-save --no-package-lock --no-audit --no-fund --silent typescript @odoo/owl@2.8.3 || {
        echo "types of the client: not checked, npm could not fetch TypeScript" >&2
        exit 0
    }
fi
node_modules/.bin/tsc -p tests/browser/tsconfig.json
