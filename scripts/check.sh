#!/bin/bash
# Everything CI checks besides the tests. Goes on after a fault, so that one run names them all.
set -u
cd "$(dirname "$0")/.."
bin="$PWD/.venv/bin"
IMIDESK_VAR_DIR=$(mktemp -d)
export IMIDESK_VAR_DIR DJANGO_SETTINGS_MODULE=imidesk.settings.test
unset DATABASE_URL REDIS_URL
trap 'rm -rf "$IMIDESK_VAR_DIR"' EXIT
failed=""

check() {
    local name=$1
    shift
    if ! "$@" >"$IMIDESK_VAR_DIR/check.log" 2>&1; then
        failed="$failed, $name"
        echo "--- $name"
        cat "$IMIDESK_VAR_DIR/check.log"
    else
        echo "ok  $name"
    fi
}

templates() { git ls-files -z '*.html' | xargs -0r "$bin/djade" --target-version 5.2 --check; }
lock_files() {
    ! grep -Hn '://' ./*.lock && ! grep -Hn '"resolved": "http' package-lock.json
}

check "ruff check" "$bin/ruff" check .
check "ruff format" "$bin/ruff" format --check .
check "djade" templates
check "mypy" "$bin/mypy"
check "import contracts" "$bin/lint-imports" --no-logo
check "migrations" "$bin/python" manage.py makemigrations --check --dry-run
check "messages" "$bin/python" scripts/messages.py check
check "lock files" lock_files

if [ -n "$failed" ]; then
    echo "Failed: ${failed#, }"
    exit 1
fi
