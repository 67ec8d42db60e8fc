# One command per need, the same for people and for CI. Only Python 3.11+, git and make are taken for granted.
#   make demo [PORT=8069] [DATA_DIR=demo-data] [ARGS=--json]
#   make test    make check    make dev    make bench    make docs

SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 \
	&& $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8069
DATA_DIR ?= demo-data
ARGS ?=
TESTS ?= tests
WORKERS ?= 2
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-warn-script-location
# Packages come compiled, our own folder does not; where Python may not write bytecode (PYTHONDONTWRITEBYTECODE) each
# start would compile it again, in three times the time.
COMPILE = $(BIN)/python -m compileall -q src/fondaco

.PHONY: help demo dev test test-pgbouncer compat check format bench image docs clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

# The stamps make a second run start at once; they are remade when the list of dependencies changes.
$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Fondaco needs Python 3.11 or later; install it, or say where: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment; on Debian: apt install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.run: pyproject.toml $(VENV)/.made
	@echo "Installing Fondaco into $(VENV) ..." >&2
	@$(PIP) -e . >&2
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.made
	@echo "Installing Fondaco and its tools into $(VENV) ..." >&2
	@$(PIP) -e '.[dev]' >&2
	@$(COMPILE)
	@touch $(VENV)/.run $@

demo: $(VENV)/.run ## Start a server with contacts and products
	@exec $(BIN)/fondaco demo --http-port $(PORT) --data-dir '$(DATA_DIR)' $(ARGS)

dev: $(VENV)/.dev ## The same with the tools of a developer installed
	@exec $(BIN)/fondaco demo --http-port $(PORT) --data-dir '$(DATA_DIR)' $(ARGS)

# A test that fails is run once more: on a machine that others use too, one of thousands loses a race that has nothing
# to do with what it looks at. Those that passed only then are listed at the end, as RERUN, to be made firm.
test: $(VENV)/.dev ## Run the tests, in a browser too
	@sh tests/programs.sh
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --reruns 1 $(TESTS) $(ARGS)

# Tests that cannot go through it are marked `direct`, with the reason; pytest lists them as skipped.
test-pgbouncer: $(VENV)/.dev ## The same tests through PgBouncer in transaction mode
	@sh tests/programs.sh
	@FONDACO_TEST_PGBOUNCER=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --reruns 1 $(TESTS) $(ARGS) --ignore=tests/unit \
		--ignore=tests/compat --ignore=tests/seeds

# The types of Python take one processor as long as all that stands beside them.
check: $(VENV)/.dev ## Format, lint, types, floors, documentation
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy & types=$$!; status=0; \
	sh tests/browser/types.sh && $(BIN)/python -m pytest -q --durations=0 --durations-min=9 tests/unit/test_floors.py \
		tests/unit/test_docs.py || status=1; \
	wait $$types && exit $$status

format: $(VENV)/.dev ## Format and sort
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

compat: $(VENV)/.dev ## Run the tests of public addons (docs/compatibility.md)
	@$(BIN)/python -m tests.compat $(ARGS)

bench: $(VENV)/.dev ## Measure the flows of docs/benchmarks.md
	@$(PIP) uvicorn uvloop websockets >&2
	@$(COMPILE)
	@$(BIN)/python -m bench $(ARGS)

image: $(VENV)/.run ## For a package: record a fresh installation, from which first databases are made
	@$(BIN)/fondaco db image

docs: $(VENV)/.run ## Write the generated pages
	@$(BIN)/python -m fondaco.config.reference docs/operator/options.md
	@$(BIN)/python -m fondaco.checks.reference docs/operator/going_live.md
	@$(BIN)/python -m tests.features

clean: ## Remove what make made (not the data)
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
