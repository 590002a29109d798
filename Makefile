# Python 3.11 or newer; everything else is installed into .venv from locked, hashed requirements.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two SDKs bring 35,000 files of which few are ever imported: those are compiled when they are, all others here.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-compile
COMPILE := $(BIN)/python -m compileall -q -j 0 -x '/(msgraph|asana)/' $(VENV)/lib hub connectors mappings
SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help install dev browser run test check bench soak pictures lock clean

help: ## show what there is
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## install the hub into .venv (.venv/bin/okrhub)

dev: $(VENV)/.dev ## install what tests and checks need as well

browser: dev ## install a Chromium into .venv/browser, where the machine has none
	@$(BIN)/python -m tests.browser

run: install ## start the demo: the whole system against simulated tools
	@$(BIN)/okrhub demo

# More processes than two cores: what starts real processes waits for them half of its time.
test: browser ## run every test (SQLite and PostgreSQL, real processes, a real browser)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4

check: dev ## format, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: dev ## measure requests, time and memory, and print the table of docs/benchmarks.md
	@$(BIN)/python -m tests.bench

soak: dev ## kill, empty and cut at random for a while, and compare: twenty minutes (SOAK="--only sqlite --seed 7")
	@$(BIN)/python -m tests.soak $(SOAK)

pictures: browser ## take the pictures of the README from the demo
	@$(BIN)/python -m tests.pictures

lock: ## resolve the dependencies anew (needs uv)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --quiet pyproject.toml --extra build -o requirements.txt
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --quiet pyproject.toml --extra build --extra dev -c requirements.txt -o requirements-dev.txt

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info

# A .venv without pip is what a Python without its venv package leaves behind: it is thrown away, not built upon.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed. Name it: make PYTHON=python3.11"; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip --version >/dev/null || { rm -rf $(VENV); \
		echo "This Python cannot make a virtual environment. Install its venv package (Debian: apt install python3-venv), then run make again."; exit 1; }
	@touch $@

$(VENV)/.installed: requirements.txt pyproject.toml | $(VENV)/.python
	@echo "installing the hub (the first time takes a minute) ..."
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(VENV)/.python
	@echo "installing the hub and what its tests need ..."
	@$(PIP) --require-hashes -r requirements-dev.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@ $(VENV)/.installed
