# `make up` shows Vitrine at work, `make test` proves it; both install what they need.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

LOG ?=
SITE ?=
quoted = '$(subst ','\'',$(1))'
UP = $(if $(LOG),--log $(call quoted,$(LOG))) $(if $(SITE),--site $(call quoted,$(SITE)))

# Installs Debian packages where it may: as root, or with a sudo that asks no password.
SUDO := $(if $(filter 0,$(shell id -u)),,sudo -n)
apt = { $(SUDO) apt-get update -qq && \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(1); } >/dev/null 2>&1

# What only tests need, and what brings no service of its own.
TOOLS := chromium docker-compose faketime git jq openssl

.DEFAULT_GOAL := help
.PHONY: help up test check format generate licences audit pictures bench bench-load bench-scale soak clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

up: $(STAMP) ## Start everything with live traffic (LOG=access.log SITE=site.yaml replays a log)
	@command -v prometheus >/dev/null && command -v prometheus-alertmanager >/dev/null || \
		deploy/debian/install-quietly prometheus prometheus-alertmanager || true
	@$(BIN)/vitrine up $(UP)

test: check $(VENV)/oldest ## Run every test
	@deploy/debian/install-quietly prometheus prometheus-alertmanager postgresql redis-server nginx-light caddy
	@command -v systemd-analyze >/dev/null || $(call apt,--no-install-recommends systemd) || \
		{ echo "make test needs systemd-analyze: install it with 'apt-get install systemd'." >&2; exit 1; }
	@for tool in $(TOOLS); do command -v $$tool >/dev/null || $(call apt,--no-install-recommends $$tool) || \
		{ echo "make test needs $$tool: install it with 'apt-get install $$tool'." >&2; exit 1; }; done
	@tests/side-by-side $(BIN)/python

check: $(STAMP) ## Format, lint, types, layers and drift, in seconds
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/vitrine generate --check

format: $(STAMP) ## Put the code into its form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: $(STAMP) ## Write the generated reference pages
	@$(BIN)/vitrine generate

licences: $(STAMP) ## Write the page of the dependencies' licences
	@$(BIN)/python -m dependencies licences

audit: $(STAMP) ## Look every pinned dependency up among known vulnerabilities
	@$(BIN)/python -m dependencies audit

pictures: $(STAMP) ## Take the pictures in docs/pictures (needs chromium)
	@fc-list | grep -q Inter || $(call apt,fonts-inter) || true
	@$(BIN)/python -m pictures

bench: $(STAMP) $(VENV)/.bench wrk ## Measure side by side and print ratios
	@$(BIN)/python -m bench

bench-load: $(STAMP) ## Raise the load until the objective breaks, for each configuration
	@deploy/debian/install-quietly postgresql redis-server
	@$(BIN)/python -m bench.limits

bench-scale: $(STAMP) ## Measure what a million visitors cost, beside what fewer let expect
	@$(BIN)/python -m bench.scale

soak: $(STAMP) ## The long runs: full counts of what `make test` samples
	@VITRINE_SOAK=1 $(BIN)/python -m pytest

clean: ## Remove what was installed and made here; data in .vitrine stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Vitrine needs Python 3.11 or newer; install python3.11 and python3.11-venv." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { $(call apt,python3-venv) && $(PYTHON) -m venv $(VENV); } || \
		{ echo "The venv module is missing: install it with 'apt-get install python3-venv'." >&2; exit 1; }
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# The oldest FastAPI that pyproject.toml allows, with its oldest Starlette, beside the newest.
$(VENV)/oldest: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --no-deps --target $@ \
		fastapi==0.137.2 starlette==0.46.0
	@touch $@

$(VENV)/.bench: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	@touch $@

.PHONY: wrk
wrk:
	@command -v wrk >/dev/null || $(call apt,wrk) || \
		{ echo "make bench needs wrk: install it with 'apt-get install wrk'." >&2; exit 1; }
