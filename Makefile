# Everything here also works as plain Python: see README.md.
# Needs only git, make and Python 3.11 or newer.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.requirements.stamp
DEV_STAMP := $(VENV)/.requirements-dev.stamp

# One worker for each core; a file's tests stay together, since what they share is costly.
# For one test: make test PYTEST_ARGS="-k 'four_eyes' tests/unit"
PYTEST_ARGS ?= -n auto --maxprocesses 4 --dist loadfile

# Parts of it: make bench BENCH_ARGS="--quick --only search"; all: BENCH_ARGS=--help
BENCH_ARGS ?=

.PHONY: help run test bench lint format

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN_STAMP) ## Serve the site on 127.0.0.1:8080 (PORT= changes it), with demonstration content
	@$(BIN)/python app.py

test: $(DEV_STAMP) ## Run every tier: unit, integration, architecture, browser
	@tools/have-servers
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: $(RUN_STAMP) ## Measure beside bare waitress and nginx, about 15 minutes; writes bench/results.json
	@$(BIN)/python -m bench $(BENCH_ARGS)

lint: $(DEV_STAMP) ## Check style, types, layers and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet

format: $(DEV_STAMP) ## Rewrite Python files in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	@tools/make-venv $(VENV)

# Touched last, so that an installation that broke off is taken up again.
$(RUN_STAMP): requirements.txt | $(BIN)/python
	@echo "Installing requirements.txt ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt requirements.txt | $(BIN)/python
	@echo "Installing requirements-dev.txt ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(RUN_STAMP) $@
