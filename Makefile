# Winnow. `make demo` shows it at work; `make test` checks it. Both make .venv/ from the lock file first.

MAKEFLAGS += --no-print-directory
VENV := .venv
LOCK := requirements/lock.txt
DEMO_ARGS ?=
PYTEST_ARGS ?=
BENCH_ARGS ?=
SEED ?= 1
UPGRADE ?=

# Faster where it is present, needed nowhere; `make demo UV=` does without.
ifndef UV
UV := $(shell command -v uv 2>/dev/null)
endif
# The lock is made for Python 3.11. A name on PATH may be a stub that does not run, so each is tried.
FITS := import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))
ifndef PYTHON
PYTHON := $(shell for name in python3.11 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && { command -v "$$name"; break; }; done)
endif

# Without byte code on disk every start of Python would compile half a gigabyte of libraries again.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH
unexport PYTHONHOME
unexport VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_COMPILE_BYTECODE := 1
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help demo test bench canaries torture syscalls power tamper lock clean venv python

help:
	@echo 'make demo    make the environment, invent a charity and run one whole sift over it (writes demo/out/)'
	@echo 'make test    make the environment and run every check and test'
	@echo 'make bench   measure time and memory'
	@echo 'make torture kill a destroying process at N=2000 points and check what the next one makes of it (PART=3/10: a tenth)'
	@echo 'make syscalls do the same at every system call that changes the disk, by SIGKILL, EIO and ENOSPC (N=0: all)'
	@echo 'make power   cut the power of a destroying process: N=10000 states of its disk'
	@echo 'make canaries put N=20000 canaries through a year of flows and search every byte outside the stores for them'
	@echo 'make tamper  forge N=200000 logs, bundles and certificates, flip every bit of one, and verify each'
	@echo 'make lock    pin the packages anew after a change of pyproject.toml (needs uv)'
	@echo 'make clean   remove the environment, the demo and all caches'

demo: venv
	@$(VENV)/bin/winnow demo $(DEMO_ARGS)

test: venv
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

bench: venv
	$(VENV)/bin/python -m tests.bench $(BENCH_ARGS)

canaries: N ?= 20000
canaries: venv
	$(VENV)/bin/python -m tests.canaries --canaries $(N)

torture: N ?= 2000
torture: PART ?= 1/1
torture: venv
	$(VENV)/bin/python -m tests.crash.torture --points $(N) --seed $(SEED) --part $(PART)

syscalls: N ?= 0
syscalls: venv
	$(VENV)/bin/python -m tests.crash.syscalls --points $(N) --seed $(SEED)

power: N ?= 10000
power: venv
	$(VENV)/bin/python -m tests.crash.power --states $(N) --seed $(SEED)

tamper: N ?= 200000
tamper: venv
	$(VENV)/bin/python -m tests.tamper --edits $(N) --seed $(SEED)

lock:
	@test -n '$(UV)' || { echo 'make lock needs uv: python3 -m pip install uv' >&2; exit 2; }
	$(UV) pip compile pyproject.toml requirements/build.in --extra dev --output-file $(LOCK) --generate-hashes \
		--python-version 3.11 --python-platform linux --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --quiet $(UPGRADE)

clean:
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv: $(VENV)/.ready

# Two marks: the packages follow the lock, the project (one second) follows pyproject.toml.
$(VENV)/.locked: $(LOCK)
	@$(MAKE) python
	@echo 'Making the environment in $(VENV)/ (once; a few minutes).'
	@rm -rf $(VENV)
ifneq ($(UV),)
	@$(UV) venv --quiet --python '$(PYTHON)' $(VENV)
	@$(UV) pip install --quiet --python $(VENV)/bin/python --require-hashes -r $(LOCK)
else
	@'$(PYTHON)' -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r $(LOCK)
endif
	@touch $@

$(VENV)/.ready: $(VENV)/.locked pyproject.toml
ifneq ($(UV),)
	@$(UV) pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation --editable .
else
	@$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endif
	@touch $@

python:
	@test -n '$(PYTHON)' && '$(PYTHON)' -c '$(FITS)' || { \
		echo 'Winnow needs Python 3.11. Install it (on Debian and Ubuntu: apt install python3.11 python3.11-venv),' >&2; \
		echo 'or name it: make demo PYTHON=/path/to/python3.11' >&2; exit 2; }
	@test -n '$(UV)' || '$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'Python is here, but its venv module is not. On Debian and Ubuntu: apt install python3.11-venv' >&2; exit 2; }
