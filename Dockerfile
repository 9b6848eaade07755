# The image of the desk: production settings, no test packages, no root (SP-38, SP-39, SP-41).
FROM node:20.19.5-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts/assets.mjs scripts/
COPY imidesk/assets imidesk/assets
RUN node scripts/assets.mjs

FROM python:3.11.13-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 postgresql-client-15 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin desk \
    && install -d -o desk -m 700 /var/lib/imidesk /var/lib/imidesk/files
ENV DJANGO_SETTINGS_MODULE=imidesk.settings.production \
    IMIDESK_VAR_DIR=/var/lib/imidesk \
    IMIDESK_KEYS_DIR=/run/imidesk-keys \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock
COPY . .
COPY --from=assets /app/imidesk/static/build imidesk/static/build
# collectstatic wants settings that start; this secret key lives in this one command only.
RUN python scripts/messages.py compile \
    && head -c 48 /dev/urandom | base64 > /tmp/secret_key \
    && IMIDESK_SECRET_KEY_FILE=/tmp/secret_key IMIDESK_HOSTS=localhost IMIDESK_BASE_URL=https://localhost \
       IMIDESK_SECURITY_CONTACT=mailto:root@localhost \
       python manage.py collectstatic --noinput \
    && rm /tmp/secret_key
USER desk
EXPOSE 8000
ENTRYPOINT ["sh", "scripts/entrypoint.sh"]
CMD ["gunicorn", "imidesk.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4", "--worker-class", "gthread", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
