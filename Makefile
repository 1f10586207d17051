# Each target makes its own virtual environment; nothing but Python 3.11 or newer is needed beforehand.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# One more than there are cores: some tests wait.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")
# The order of the tests is random, and the same each time; try another with SEED=...
SEED ?= 20261121
# What stands closest to SQLAlchemy is tested on both of its lines: the newest, and 2.0 laid over it.
SQLALCHEMY_2_0 := $(VENV)/sqlalchemy-2.0/site-packages
BOTH_LINES := tests/trace tests/explain tests/check/live tests/check/rules/test_check_lifecycle_claims.py
# Tests start hundreds of pytests; with nothing cached, each would compile all of pytest's plugins anew, for 3 seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test suite lint bench docs clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

$(VENV)/demo-installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[demo]"
	touch $@

## All of it on one application, from a PostgreSQL that is started from nothing to a report; DEMO="--quick" gives options.
demo: $(VENV)/demo-installed
	$(BIN)/python -m greenshift demo $(DEMO)

## Everything that CI checks: formatting, types, tests.
test: $(VENV)/installed $(SQLALCHEMY_2_0)/installed
	$(MAKE) --jobs=2 lint suite

# mypy keeps one core busy for a minute, the tests all of them.
suite: $(SQLALCHEMY_2_0)/installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --durations=30 -p randomly --randomly-seed=$(SEED)
	PYTHONPATH=$(CURDIR)/$(SQLALCHEMY_2_0) $(BIN)/python -c "import sqlalchemy; assert sqlalchemy.__version__ < '2.1'"
	PYTHONPATH=$(CURDIR)/$(SQLALCHEMY_2_0) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --durations=30 -p randomly --randomly-seed=$(SEED) $(BOTH_LINES)

# The older supported line, laid over the environment's own.
$(SQLALCHEMY_2_0)/installed: $(VENV)/installed
	rm -rf $(SQLALCHEMY_2_0)
	$(BIN)/python -m pip install --quiet --no-deps --target $(SQLALCHEMY_2_0) "sqlalchemy>=2.0.30,<2.1"
	touch $@

lint: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

## Greenshift beside its rivals, in one run.
bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[dev,benchmarks]"
	$(BIN)/python benchmarks/isolation.py

## The documentation as a site, in site/.
docs: $(VENV)/installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

clean:
	rm -rf $(VENV) build dist site .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
