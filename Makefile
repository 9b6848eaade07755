PORT ?= 8000
export PORT
PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup run test check access practice later screenshots

help: ## what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

setup: ## everything for developing: packages, front end, keys, database, practice desk
	@sh scripts/prerequisites.sh test
	@python3 scripts/setup.py dev
	@$(PYTHON) scripts/prepare.py

run: ## the desk with its practice data on http://localhost:8000/ (PORT=8001 for another port)
	@sh scripts/prerequisites.sh run
	@python3 scripts/setup.py run
	@$(PYTHON) scripts/prepare.py
	@$(PYTHON) scripts/run.py

test: ## the tests, on the database of DATABASE_URL or on SQLite
	@sh scripts/prerequisites.sh test
	@python3 scripts/setup.py dev
	@sh scripts/test.sh suite
	@sh scripts/test.sh browser

check: ## what CI checks besides the tests
	@sh scripts/prerequisites.sh test
	@python3 scripts/setup.py dev
	@sh scripts/check.sh

access: ## the whole table of rights over HTTP: every role, relation, state, address and method; takes long
	@sh scripts/prerequisites.sh test
	@python3 scripts/setup.py dev
	@IMIDESK_ACCESS=all sh scripts/test.sh suite -rP tests/access/test_http.py

practice: ## the practice desk afresh, with fresh dates
	@sh scripts/prerequisites.sh run
	@python3 scripts/setup.py run
	@$(PYTHON) scripts/prepare.py --practice

later: ## the practice desk MONTHS=n months later, with the work of those nights done
	@test -n "$(MONTHS)" || { echo "Say how many months: make later MONTHS=7"; exit 2; }
	@sh scripts/prerequisites.sh run
	@python3 scripts/setup.py run
	@$(PYTHON) scripts/prepare.py
	@$(PYTHON) manage.py later --months "$(MONTHS)"

screenshots: ## every page of the practice desk as every person, in nl and en, wide and narrow, in var/screenshots/index.html
	@sh scripts/prerequisites.sh test
	@python3 scripts/setup.py dev
	@$(PYTHON) -m tests.browser.screenshots

manual: ## the pictures of docs/manual/nl afresh
	@sh scripts/prerequisites.sh test
	@python3 scripts/setup.py dev
	@rm -f docs/manual/nl/img/*.png
	@IMIDESK_MANUAL_PICTURES="$(CURDIR)/docs/manual/nl/img" $(PYTHON) -m pytest -q tests/browser/test_manual.py
