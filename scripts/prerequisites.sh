#!/bin/sh
# Says in one line which Debian or Ubuntu packages are missing, or installs them as root.
# Usage: prerequisites.sh run|test|bench|ci
set -eu

missing=""
need() { missing="$missing $1"; }
command_of() { command -v "$1" >/dev/null 2>&1 || need "$2"; }
package() {
    if command -v dpkg-query >/dev/null 2>&1; then
        case "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null || true)" in
            ii*) ;;
            *) need "$1" ;;
        esac
    fi
}

command_of python3 python3
if command -v python3 >/dev/null 2>&1; then
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "The desk needs Python 3.11 or newer; python3 here is $(python3 -V)." >&2
        exit 1
    }
    python3 -c 'import ensurepip, venv' 2>/dev/null || need python3-venv
fi
command_of node nodejs
command_of npm npm
for library in libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; do package "$library"; done

if [ "${1:-run}" = bench ] || [ "${1:-run}" = ci ]; then
    command_of redis-server redis-server
    [ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null || true)" ] || need postgresql
fi
if [ "${1:-run}" = ci ]; then
    command_of git git
    command_of make make
    command_of chromium chromium
    command_of java default-jdk-headless
    command_of msgfmt gettext
    command_of pdftotext poppler-utils
    package libjaxb-java
    package python3-yaml
fi

[ -n "$missing" ] || exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing$missing"
    apt-get update -qq </dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null
else
    echo "Missing system packages. Install them with: sudo apt-get install$missing" >&2
    exit 1
fi
