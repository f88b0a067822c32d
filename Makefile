# The hub. `make run` starts everything, `make test` checks everything, `make help` lists the rest.
# Paths stay relative, so that the checkout may lie anywhere.

PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin/python
# A Python named by hand is used or refused; otherwise a newer one may be found on the PATH.
STRICT := $(if $(filter command line environment override,$(origin PYTHON)),--only-this-python)
BOOTSTRAP = @command -v $(PYTHON) >/dev/null 2>&1 || { \
	echo "There is no $(PYTHON) here: install Python 3.11 or later, or name it with PYTHON=..." >&2; \
	exit 1; }; $(PYTHON) hub/local/bootstrap.py $(STRICT) --venv $(VENV)

.DEFAULT_GOAL := help
.PHONY: help venv dev run tour people test test-older lint types spec migration bench soak backup clean forget

help: ## List what can be made
	@echo "make <target>    PORT=8000 and HUB_HOME=./var let several hubs run side by side"; echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' Makefile

venv:
	$(BOOTSTRAP) requirements.txt

dev:
	$(BOOTSTRAP) requirements-dev.txt

run: venv ## Start the whole hub: database, demo city, all roles; Ctrl-C ends it
	@exec $(RUN) -m hub run

tour: venv ## Play a citizen's day through the running hub (second terminal)
	@exec $(RUN) -m hub tour

test: dev ## Run all tests, on the packaged PostgreSQL and on an older one when it is installed
	@$(RUN) -m pytest -n auto $(ARGS)
	@$(MAKE) --no-print-directory test-older

test-older: dev ## Run all tests without a browser again on the oldest PostgreSQL found here
	@older="$$($(RUN) -m hub.local.binaries)" || exit 0; \
	echo "Again on $$older"; \
	HUB_TEST_POSTGRES_BIN="$$older" $(RUN) -m pytest -n auto -m "not browser" $(ARGS)

lint: dev ## Check style, types and who imports whom
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check . && $(VENV)/bin/lint-imports
	@$(MAKE) --no-print-directory types

types: dev ## Check types
	@$(RUN) -m mypy hub blueprints wsgi.py

spec: dev ## Write openapi/ anew from the routes
	@$(RUN) -m hub spec

migration: dev ## Draft a migration from the difference to the models: make migration NAME=what_it_does
	@$(RUN) -m hub migration "$(NAME)"

bench: dev ## Measure our routes beside bare WSGI and bare Flask (needs wrk); BENCH=access or tokens: only that
	@$(RUN) -m bench$(if $(BENCH),.$(BENCH))

soak: dev ## Run everything, properties, fuzzing and kills many times longer
	@HYPOTHESIS_PROFILE=soak $(RUN) -m pytest -n auto -m "soak or not soak" $(ARGS)

people: venv ## Print sample people and how to obtain their codes
	@exec $(RUN) -m hub demo credentials

backup: venv ## Back up the running or stopped hub: make backup FILE=hub.backup
	@$(RUN) -m hub backup "$(FILE)"

clean: ## Remove what can be made again: the virtual environment and caches (not the data)
	@rm -rf "$(VENV)" .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find hub blueprints migrations tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

forget: venv ## Remove the data of this hub (HUB_HOME): database, keys, files, logs. Asks first
	@exec $(RUN) -m hub forget
