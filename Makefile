# alvh's commands. Each needs make and Python 3.11 to 3.14, nothing else: what it uses goes into .venv, once.

# The first Python that suits and can make environments; `make PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$candidate -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1; \
	then echo $$candidate; break; fi; done)

BIN := .venv/bin
SOURCES := grammar compiler runtime strategies
TEST_PROCESSES ?= 2
# What `make fuzz` looks at: folders, files, or more of pytest's options, as in `make fuzz FUZZ="tests/properties -k deposit"`.
FUZZ ?= tests

.PHONY: help demo test fuzz lint types bench counts claims clean

help: ## List the commands.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile

demo: .venv/installed-run ## Compare the shipped hedges on the generated market; table and picture.
	@$(BIN)/alvh demo --out demo

test: lint types ## Everything: linter, formatter, type checker, tests.
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal

fuzz: .venv/installed-test ## Properties on examples never tried before, twenty times as many; takes hours. FUZZ=.. says which.
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile fuzz -n $(TEST_PROCESSES) --dist worksteal $(FUZZ)

lint: .venv/installed-test ## Linter and formatter.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-test build/typecheck ## Type checker, strict.
	$(BIN)/mypy -p alvh

bench: .venv/installed-test ## Speed, as ratios in one run, with peers where they install; writes docs/performance.md.
	@$(MAKE) --no-print-directory .venv-peers/installed || echo "peers are left out: they could not be installed" >&2
	@$(BIN)/python -m benchmarks docs/performance.md

counts: .venv/installed-test ## Instructions of the engine against the recorded counts, 5 % more at most. Needs valgrind and gcc.
	@$(BIN)/python -m benchmarks.instructions

claims: .venv/installed-run ## Judge all claims on history and on generated paths; writes docs/claims.md. Needs market data.
	@$(BIN)/python -m alvh.commands.claims_page docs

clean: ## Remove what these commands made.
	rm -rf .venv .venv-peers build demo .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

# The folders install as alvh.grammar, alvh.compiler ..; mypy needs to see that tree as one.
.PHONY: build/typecheck
build/typecheck:
	@rm -rf $@ && mkdir -p $@/alvh
	@ln -s $(CURDIR)/alvh/* $(foreach folder,$(SOURCES),$(CURDIR)/$(folder)) $@/alvh/

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "alvh needs Python 3.11 to 3.14 with venv (on Debian and Ubuntu: apt install python3-venv);" \
		"none was found. Name one with: make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv

.venv/installed-run: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-test: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/installed-run

# What benchmarks compare alvh with, apart, so that none of it decides which versions alvh is tested with.
.venv-peers/installed: pyproject.toml | .venv/bin/python
	$(BIN)/python -m venv --clear .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[peers]'
	@touch $@
