# Two commands set everything up by themselves: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test check format lint types contracts bench clean help

help:
	@echo "make demo   install into $(VENV) and run the quickstart scenario"
	@echo "make test   install into $(VENV) and run the tests"
	@echo "make check  format, lint, types, import contracts, tests"
	@echo "make bench  run the benchmarks, results as JSON"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("netsim needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.run
	$(BIN)/python -m pip install --quiet --group test
	@touch $@

$(VENV)/.lint: pyproject.toml $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group lint
	@touch $@

demo: $(VENV)/.run
	$(BIN)/netsim run scenarios/quickstart.yaml -o out/quickstart --overwrite

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto

format: $(VENV)/.lint
	$(BIN)/ruff format --check .

lint: $(VENV)/.lint
	$(BIN)/ruff check .

types: $(VENV)/.lint
	$(BIN)/mypy

contracts: $(VENV)/.lint
	$(BIN)/lint-imports

check: format lint types contracts test

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache
