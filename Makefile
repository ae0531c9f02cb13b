# Every target makes what it needs: `make demo` and `make test` work from a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
NATIVE := $(shell find native/src native/.cargo native/Cargo.toml native/Cargo.lock -type f)
HAS_CARGO := $(shell command -v cargo)

.DEFAULT_GOAL := help
.PHONY: help env servers demo serve test test-native lint lint-native bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(STAMP) ## make .venv with everything in it, .venv/bin/ler-trust included

$(STAMP): pyproject.toml $(NATIVE)
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name one with PYTHON=..., as in: make PYTHON=python3.12 demo") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -c 'from ler_trust.model.limits import DEFAULT_LIMITS; from ler_trust.suites.choice import choose_engine; print("The verification engine is the", choose_engine("auto", DEFAULT_LIMITS).name, "one.")'
	@touch $@

demo: env ## start the service, issue a thousand badges, verify them all, compare
	$(BIN)/ler-trust demo

serve: env ## run the service on http://127.0.0.1:8080
	$(BIN)/ler-trust serve

servers: # what the tests start themselves, each on a free port, and the libraries they compare with
	@$(PYTHON) tests/kit/servers.py
	@$(PYTHON) -m tests.kit.node_libraries

test: env servers test-native ## run every test
	$(BIN)/python -m pytest -n 2 $(TESTS)

test-native: # the native engine's own tests; building it needs cargo, and so do they
ifdef HAS_CARGO
	cd native && cargo test --locked --no-default-features --lib --quiet
else
	@echo "The native engine's own tests are NOT RUN: there is no cargo."
endif

lint: env lint-native ## ruff, mypy, the import rules, clippy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-native:
ifdef HAS_CARGO
	cd native && cargo fmt --check
	cd native && cargo clippy --locked --no-default-features --all-targets --quiet -- --deny warnings
else
	@echo "clippy is NOT RUN: there is no cargo."
endif

bench: env ## measure, print, and write build/bench.json
	$(BIN)/python -m tests.bench

clean: ## remove what the other targets made
	rm -rf .venv build dist native/target *.egg-info src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
