# Two commands do everything, set-up included (make itself: sudo apt-get install make):
#   make demo   the main job, `hwaccess check`, on examples
#   make test   ruff, mypy and the whole test suite with real containers
# `make test-boards` builds virtual boards (minutes once, Debian packages of QEMU) and runs the examples on them.
# An engine that answers is used as it is. One that had to be started is ended by `make stop-engine`.

PYTHON ?= python3
PYTEST_OPTIONS ?=
# EXAMPLE=EXIT CODE: the demo fails when the command ends with another one.
DEMO ?= broken-bind-mounted-node=1 confinement=0

BIN := .venv/bin

.PHONY: demo test test-boards lint setup stop-engine

demo: setup
	@.ci/demo $(DEMO)

test: lint
	$(BIN)/python -m pytest --run-docker $(PYTEST_OPTIONS)

test-boards: setup
	$(BIN)/hwaccess board build --yes pc
	$(BIN)/python -m pytest --run-board tests/boards/test_matrix.py $(PYTEST_OPTIONS)

lint: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

setup:
	@PYTHON="$(PYTHON)" .ci/setup

stop-engine:
	@.ci/engine stop
