# Everything runs from .venv, which `make env` builds from the pinned requirements.
# Where there is no make: create a virtual environment, install requirements/run.txt
# and this directory into it, and run `python -m servanda iraq-2006`.

PYTHON ?= python3
BIN := .venv/bin

# The last line of the longer targets: how long it all took, the environment included.
START := $(shell $(PYTHON) -c 'import time; print(time.time())')
TOOK = @$(PYTHON) -c 'import time; print(f"make $@ took {time.time() - $(START):.1f} s")'

.DEFAULT_GOAL := demo
.DELETE_ON_ERROR:
.PHONY: env demo test test-long bench fmt clean

env: .venv/project-installed

# A stamp is written last, so that an interrupted build is built again.
.venv/requirements-installed: requirements/run.txt requirements/dev.txt
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements/dev.txt
	touch $@

.venv/project-installed: .venv/requirements-installed pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --no-index --editable .
	touch $@

demo: env
	$(BIN)/servanda iraq-2006
	$(BIN)/servanda compare iraq-2006 --premises 0
	@mkdir -p build
	$(BIN)/servanda report iraq-2006 -o build/iraq-2006.md
	$(TOOK)

test: env
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --cache-dir build/imports
	@mkdir -p build
	$(BIN)/pytest --numprocesses auto --cov
	$(TOOK)

# The same laws on many more random conflicts: make test-long SERVANDA_LAWS=200000
LAWS := tests/test_laws.py tests/test_plan_laws.py tests/test_solver.py tests/test_symbolic.py
test-long: export SERVANDA_LAWS ?= 50000
test-long: env
	$(BIN)/pytest --numprocesses auto -m "long or not long" $(LAWS)
	$(TOOK)

bench: env
	$(BIN)/python benchmarks/bench.py
	$(TOOK)

fmt: env
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

clean:
	rm -rf .venv build dist src/*.egg-info
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .coverage*
	find src tests -name __pycache__ -prune -exec rm -rf {} +
