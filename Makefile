PORT ?= 8000
export PORT
PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup run test check access fuzz practice later screenshots manual soak backup restore bench sbom

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

fuzz: ## 10,000 broken intake files, and which of them took longest
	@sh scripts/prerequisites.sh test
	@python3 scripts/setup.py dev
	@IMIDESK_FUZZ=10000 sh scripts/test.sh suite -n 0 tests/property/test_fuzz.py

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

soak: ## kills processes at their work KILLS=300 times and at night NIGHTS=100 times, SEED=n; figures in docs/reliability.md; an hour
	@sh scripts/prerequisites.sh ci
	@python3 scripts/setup.py dev
	@$(PYTHON) -m tests.real.soak --kills "$(or $(KILLS),300)" --nights "$(or $(NIGHTS),100)" --seed "$(or $(SEED),4)"

backup: ## a copy of database and sealed files, not of the keys, in var/backups (TO=folder)
	@$(PYTHON) manage.py backup $(if $(TO),--to "$(TO)")

restore: ## puts a copy back: FROM=folder, REPLACE=1 in the place of the desk that is there
	@test -n "$(FROM)" || { echo "Say which copy: make restore FROM=var/backups/desk-..."; exit 2; }
	@$(PYTHON) manage.py restore "$(FROM)" $(if $(REPLACE),--replace)

bench: ## how fast the desk is with LARGE=1000000 requests, into docs/performance.md; takes an hour the first time
	@sh scripts/prerequisites.sh bench
	@python3 scripts/setup.py dev
	@$(PYTHON) -m bench.run --small "$(or $(SMALL),10000)" --large "$(or $(LARGE),1000000)" --night "$(or $(NIGHT),50000)"

sbom: ## what a release is made of, as CycloneDX JSON, in var/sbom.json
	@mkdir -p var
	@$(PYTHON) scripts/sbom.py > var/sbom.json
	@echo var/sbom.json
