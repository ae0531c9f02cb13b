# Every target makes what it needs: `make demo` and `make test` work from a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help env servers demo serve test lint bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(STAMP) ## make .venv with everything in it, .venv/bin/ler-trust included

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name one with PYTHON=..., as in: make PYTHON=python3.12 demo") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: env ## start the service, issue a thousand badges, verify them all, compare
	$(BIN)/ler-trust demo

serve: env ## run the service on http://127.0.0.1:8080
	$(BIN)/ler-trust serve

servers: # what the tests start themselves, each on a free port
	@$(PYTHON) tests/kit/servers.py

test: env servers ## run every test
	$(BIN)/python -m pytest -n 2 $(TESTS)

lint: env ## ruff, mypy and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: env ## measure, print, and write build/bench.json
	$(BIN)/python -m tests.bench

clean: ## remove what the other targets made
	rm -rf .venv build dist *.egg-info src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
