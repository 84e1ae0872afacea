# Everything a developer does. Each target makes the virtual environment it needs; nothing but Python 3.11, 3.12 or 3.13
# is assumed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAGE ?= dev
PORT ?= 8000
WORKERS ?= 2

# Named after the content of the requirements: they are installed anew when, and only when, they change.
DIGEST := $(shell cat requirements.txt requirements.lock requirements-dev.txt | cksum | cut -d' ' -f1)
READY := $(VENV)/ready-$(DIGEST)

SECURITY := $(VENV)/security
SECURITY_READY := $(VENV)/security-ready-$(shell cksum < requirements-security.txt | cut -d' ' -f1)

BENCH_READY := $(VENV)/bench-ready-$(shell cksum < requirements-bench.txt | cut -d' ' -f1)

# The Python of the stages on AWS, and the others that the code is for.
LAMBDA_PYTHON := $(shell sed -n 's/^lambda-python = "\(.*\)".*/\1/p' pyproject.toml)
PYTHONS := 3.11 3.12 3.13
VERSION ?= $(LAMBDA_PYTHON)
TIERS ?= tests/unit tests/contract tests/functional

FIND_PYTHON := infra/find-python

.DEFAULT_GOAL := help
.PHONY: help setup demo up down dashboard test test-dates test-python matrix check security audit soak format bench openapi lock deploy \
	clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

setup: $(READY)  ## a virtual environment with everything in it
	@:

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

# Dates on which something ends, begins or is missing: a leap day, a new year, a change of clocks, the end of a long month.
DATES ?= 2028-02-29 2027-01-01 2027-03-28 2027-07-31
TESTS ?= tests

# The clocks by which processes wait go on as they are; tests/clock mends what Python cannot do then.
test-dates: $(READY)  ## the tests TESTS under each of the dates DATES, by faketime; not part of CI
	@command -v faketime >/dev/null || { echo "faketime is missing: apt-get install faketime"; exit 1; }
	@status=0; verdicts=; for day in $(DATES); do \
		scratch=$$(mktemp -d); \
		if AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} TEST_DAY=machine PYTHONPATH=$(CURDIR)/tests/clock \
			FAKETIME_DONT_FAKE_MONOTONIC=1 faketime "$$day 10:00:00 UTC" $(BIN)/python -m pytest -p no:cacheprovider \
			-n $(WORKERS) --dist loadgroup --basetemp=$$scratch/tests $(TESTS); \
		then verdicts="$$verdicts$$day: passed\n"; else verdicts="$$verdicts$$day: FAILED\n"; status=1; fi; \
		rm -rf $$scratch; \
	done; printf "\n$$verdicts"; exit $$status

test-python:  ## the tiers TIERS on another Python: make test-python VERSION=3.12
	@python="$$($(FIND_PYTHON) $(VERSION))" || { echo "NOT RUN on Python $(VERSION): it is not installed"; exit 0; }; \
		$(MAKE) --no-print-directory VENV=.venv-$(VERSION) PYTHON="$$python" setup \
		&& AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} \
		.venv-$(VERSION)/bin/python -m pytest -n $(WORKERS) --dist loadgroup $(TIERS)

matrix:  ## those tiers on every Python that the code is for
	@for version in $(PYTHONS); do $(MAKE) --no-print-directory test-python VERSION=$$version || exit 1; done

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
		--file $$($(BIN)/python -m infra.deployment --stage local --package-only)/template.json

audit: $(READY) $(SECURITY_READY)  ## known vulnerabilities of what ships; says so where the advisories cannot be had
	$(BIN)/python -m infra.audit --pip-audit $(SECURITY)/bin/pip-audit

format: $(READY)  ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) $(BENCH_READY)  ## everything that is measured, beside what one would use instead
	$(BIN)/python -m benchmarks

openapi: $(READY)  ## rewrite docs/openapi.json, with the responses that the tests got as its examples
	$(BIN)/python -m infra.openapi
	RECORD_EXAMPLES=1 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} $(BIN)/python -m pytest -q -p no:cacheprovider \
		-n 0 tests/functional/test_openapi.py -k "every_success or every_refusal"
	$(BIN)/python -m infra.openapi

lock: $(READY)  ## rewrite requirements.lock: what ships, each file of it by its hash
	grep -v '^chalice==' requirements.txt | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command 'make lock' --output-file requirements.lock -

deploy:  ## deploy a stage to AWS, with the Python that it runs on there: make deploy STAGE=dev [OPTIONS=--dry-run]
	@python="$$($(FIND_PYTHON) $(LAMBDA_PYTHON))" || { \
		echo "error: the stages on AWS run on Python $(LAMBDA_PYTHON), which packages them too: install it, then deploy again" >&2; \
		exit 1; }; \
		$(MAKE) --no-print-directory VENV=.venv-$(LAMBDA_PYTHON) PYTHON="$$python" setup \
		&& .venv-$(LAMBDA_PYTHON)/bin/python -m infra.deployment --stage $(STAGE) $(OPTIONS)

clean:  ## remove what was built; stops the local stack and deletes its data
	@if [ -x $(BIN)/python ] && [ -d .local ]; then $(BIN)/python -m infra.local down; fi
	rm -rf .local build $(VENV) .venv-3.* .mypy_cache .ruff_cache .pytest_cache .hypothesis

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
# wherever uv cannot be had or cannot find something. What ships comes first, as it is locked: the rest makes do with it.
$(READY): requirements.txt requirements.lock requirements-dev.txt
	@echo "Setting up $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=…")'
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@{ $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9 2>/dev/null \
		&& $(BIN)/uv pip install --python $(BIN)/python --require-hashes -r requirements.lock \
		&& $(BIN)/uv pip install --python $(BIN)/python -r requirements-dev.txt; } \
		|| { echo "uv could not; pip takes about a minute" \
		&& $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock \
		&& $(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt; }
	@rm -f $(VENV)/ready-*
	@touch $@
