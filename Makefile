# Two commands do all set-up on a machine with Python >= 3.11, git and make: `make demo` and `make test`.

VENV   ?= .venv
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo $$python && break; done)
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
ROOMS  := $(sort $(filter-out __pycache__,$(notdir $(patsubst %/,%,$(wildcard huggy_connector/*/)))))

export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help demo quick test check audit proof bench docs fix up down constraints release-check

help: ## this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## /{sub("%", "<room>", $$1); printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## the main job: a sandbox of Huggy, the DAG huggy_sync in a real Airflow, an answer from DuckDB
	@$(BIN)/python -m scripts.demo

quick: $(READY) ## before each commit: format, lint, types, unit tests; no server, no Airflow (a minute and a half)
	@echo "== Format"     && $(BIN)/ruff format --check
	@echo "== Lint"       && $(BIN)/ruff check
	@echo "== Types"      && $(BIN)/mypy
	@echo "== Unit tests" && $(BIN)/python -m pytest --numprocesses=2 --dist=worksteal --quiet --hypothesis-profile=quick -m "not slow and not proof" tests/unit
	@echo "All quick checks pass. Next: make test-<room> of each room that you touched, and at the end make test."

test-%: ## the tests of one room of huggy_connector/: make test-landing
	@$(if $(filter $*,$(ROOMS)),,echo "There is no room '$*': name one of $(ROOMS)." >&2; exit 2)
	@$(MAKE) --no-print-directory $(READY)
	@$(BIN)/python -m pytest --numprocesses=2 $(if $(filter airflow,$*),tests/dags,$(wildcard tests/unit/$* tests/integration/$*))

test: $(READY) ## all tests (about a quarter of an hour on two cores)
	@sh scripts/debian.sh chromium redis-server docker-compose faketime g++ nginx caddy
	@$(BIN)/python -m scripts.all_tests

check: $(READY) ## format, lint, strict types, layers; no tests
	@echo "== Format"  && $(BIN)/ruff format --check
	@echo "== Lint"    && $(BIN)/ruff check
	@echo "== Types"   && $(BIN)/mypy
	@echo "== Imports" && $(BIN)/lint-imports
	@echo "All checks pass. Next: make test"

audit: $(READY) ## asks for known holes in what is pinned, and in the oldest versions that are allowed
	@$(BIN)/python -m scripts.audit

proof: $(READY) ## the slow proofs at full size
	@sh scripts/debian.sh redis-server g++
	@echo "== Proofs at full size"
	@HUGGY_PROOF=full $(BIN)/python -m pytest -m "proof or hypothesis" --numprocesses=0 --timeout=3600
	@echo "All proofs hold. Next: make bench"

bench: $(READY) ## the measurements behind the figures of the docs
	@for bench in benchmarks/*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

docs: $(READY) ## the documentation as a site with a search, in both languages: build/site/index.html
	@$(BIN)/python -m scripts.site

fix: $(READY) ## format, mend what the linter can mend, write anew what docs and examples have from the code
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format
	@$(BIN)/python -m scripts.tables
	@$(BIN)/python -m scripts.reference
	@$(BIN)/python -m scripts.kits

up: $(READY) ## an Airflow on loopback with the DAGs of this folder
	@$(BIN)/python -m scripts.stack up

down: $(READY) ## stops it
	@$(BIN)/python -m scripts.stack down

constraints: $(READY) ## pins anew constraints.txt and, with hashes, what the image adds: requirements-image.txt
	@$(BIN)/python -m scripts.pins

release-check: $(READY) ## builds wheel and sdist, checks and installs them as a user does; publishes nothing
	@$(BIN)/python -m scripts.release_check

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python >= 3.11 was found: install one, or name it with PYTHON=/path/to/python3." >&2; exit 1; }
	@echo "== Setting up $(VENV) with $$($(PYTHON) --version) (once, a minute or two)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python cannot make a virtual environment: on Debian install python3-venv." >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group dev --editable ".[all]"
	@touch $@
