# Each target makes its own virtual environment; nothing but Python 3.11 or newer is needed beforehand.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= auto
# The order of the tests is random, and the same each time; try another with SEED=...
SEED ?= 20261121

.PHONY: demo test lint bench clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

## Run the therapy example on a PostgreSQL that is started from nothing, and show what it cost.
demo: $(VENV)/installed
	cd examples/therapy && ../../$(BIN)/python -m pytest -q --db-report --cov=app/routers --cov-report=term

## Everything that CI checks: formatting, types, tests.
test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -p randomly --randomly-seed=$(SEED)

lint: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

## Greenshift beside its rivals, in one run.
bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[dev,benchmarks]"
	$(BIN)/python benchmarks/isolation.py

clean:
	rm -rf $(VENV) build dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
