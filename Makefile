# Everything a developer does. Each target makes the virtual environment it needs; nothing but Python >= 3.11 is assumed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAGE ?= dev
PORT ?= 8000
WORKERS ?= 2

# Named after the content of the requirements: they are installed anew when, and only when, they change.
DIGEST := $(shell cat requirements.txt requirements-dev.txt | cksum | cut -d' ' -f1)
READY := $(VENV)/ready-$(DIGEST)

.DEFAULT_GOAL := help
.PHONY: help setup demo up down dashboard test check format bench openapi deploy clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

setup: $(READY)  ## a virtual environment with everything in it

demo: $(READY)  ## the service on this machine with a demo tenant; Ctrl-C stops it
	@$(BIN)/python -m infra.local demo --port $(PORT)

up: $(READY)  ## the service on this machine, in the background
	@$(BIN)/python -m infra.local up --detach --port $(PORT)

down: $(READY)  ## stop it; its data stays
	@$(BIN)/python -m infra.local down

dashboard: $(READY)  ## the web page, into dashboard/dist; only when its sources have changed
	@$(BIN)/python -m infra.dashboard

test: check  ## all checks and all tests
	AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: $(READY)  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)  ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)  ## the counted benchmarks
	$(BIN)/python -m benchmarks

openapi: $(READY)  ## write docs/openapi.json anew
	$(BIN)/python -m infra.openapi

deploy: $(READY)  ## package and deploy a stage to AWS: make deploy STAGE=dev
	$(BIN)/python -m infra.deployment --stage $(STAGE)

clean:  ## remove what was built; stops the local stack and deletes its data
	@if [ -x $(BIN)/python ] && [ -d .local ]; then $(BIN)/python -m infra.local down; fi
	rm -rf .local build $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# uv installs in seconds what takes pip a minute. It knows nothing of pip's configuration (a mirror, say), so pip it is
# wherever uv cannot be had or cannot find something.
$(READY): requirements.txt requirements-dev.txt
	@echo "Setting up $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=…")'
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@{ $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9 2>/dev/null \
		&& $(BIN)/uv pip install --python $(BIN)/python -r requirements-dev.txt; } \
		|| { echo "uv could not; pip takes about a minute" \
		&& $(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt; }
	@rm -f $(VENV)/ready-*
	@touch $@
