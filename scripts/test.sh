#!/bin/bash
# Usage: test.sh suite|browser [pytest arguments]. No test collected (pytest's code 5) is a failure.
set -eu
cd "$(dirname "$0")/.."
part=$1
shift
TMPDIR=$(mktemp -d -t imidesk-test-XXXXXX)
export TMPDIR
unset DJANGO_SETTINGS_MODULE IMIDESK_VAR_DIR IMIDESK_KEYS_DIR IMIDESK_FILES_DIR
trap 'rm -rf "$TMPDIR"' EXIT

case $part in
    suite) .venv/bin/python -m pytest -n 2 --dist loadgroup --ignore=tests/browser "$@" ;;
    browser) .venv/bin/python -m pytest -n 2 --dist worksteal tests/browser "$@" ;;
    *) echo "Usage: test.sh suite|browser" >&2; exit 2 ;;
esac
