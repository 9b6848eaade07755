#!/bin/sh
# In the image: addresses that carry a password come from secret files, so that no environment shows them (SP-39).
set -eu
if [ -n "${DATABASE_URL_FILE:-}" ]; then
    DATABASE_URL=$(cat "$DATABASE_URL_FILE")
    export DATABASE_URL
fi
if [ -n "${REDIS_URL_FILE:-}" ]; then
    REDIS_URL=$(cat "$REDIS_URL_FILE")
    export REDIS_URL
fi
exec "$@"
