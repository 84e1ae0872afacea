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

SECURITY := $(VENV)/security
SECURITY_READY := $(VENV)/security-ready-$(shell cksum < requirements-security.txt | cut -d' ' -f1)

BENCH_READY := $(VENV)/bench-ready-$(shell cksum < requirements-bench.txt | cut -d' ' -f1)

.DEFAULT_GOAL := help
.PHONY: help setup demo up down dashboard test check security audit soak format bench openapi deploy clean

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

test: check audit  ## all checks and all tests
	AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

soak: $(READY)  ## the same faults and parsers, searched for much longer; not part of CI
	AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} HYPOTHESIS_PROFILE=soak SOAK=20 \
		$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup tests/unit/fuzz tests/faults

check: $(READY) security  ## format, lint, types, security
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

security: $(READY) $(SECURITY_READY)  ## insecure constructs in the code, insecure settings in the rendered template
	$(SECURITY)/bin/bandit --quiet --configfile pyproject.toml --recursive app.py chalicelib infra
	$(SECURITY)/bin/checkov --framework cloudformation --skip-download --compact --quiet \
		--file $$($(BIN)/python -m infra.deployment --stage prod --package-only)/template.json

audit: $(READY) $(SECURITY_READY)  ## known vulnerabilities of what ships; says so where the advisories cannot be had
	$(BIN)/python -m infra.audit --pip-audit $(SECURITY)/bin/pip-audit

format: $(READY)  ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) $(BENCH_READY)  ## everything that is measured, beside what one would use instead
	$(BIN)/python -m benchmarks

openapi: $(READY)  ## write docs/openapi.json anew
	$(BIN)/python -m infra.openapi

deploy: $(READY)  ## package and deploy a stage to AWS: make deploy STAGE=dev
	$(BIN)/python -m infra.deployment --stage $(STAGE)

clean:  ## remove what was built; stops the local stack and deletes its data
	@if [ -x $(BIN)/python ] && [ -d .local ]; then $(BIN)/python -m infra.local down; fi
	rm -rf .local build $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Wheels all of them; the tests do without.
$(BENCH_READY): requirements-bench.txt | $(READY)
	@echo "Adding the benchmarks' peers to $(VENV)"
	@{ [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --python $(BIN)/python -r $<; } \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@rm -f $(VENV)/bench-ready-*
	@touch $@

$(SECURITY_READY): requirements-security.txt | $(READY)
	@echo "Setting up $(SECURITY)"
	@[ -x $(SECURITY)/bin/python ] || $(PYTHON) -m venv $(SECURITY)
	@{ [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --python $(SECURITY)/bin/python -r $<; } \
		|| $(SECURITY)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@rm -f $(VENV)/security-ready-*
	@touch $@

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
