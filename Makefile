# Two commands do everything, set-up included (make itself: sudo apt-get install make):
#   make demo   the main job, `hwaccess check`, on examples
#   make test   ruff, mypy and the whole test suite with real containers
# An engine that answers is used as it is. One that had to be started is ended by `make stop-engine`.

PYTHON ?= python3
PYTEST_OPTIONS ?=
# EXAMPLE=EXIT CODE: the demo fails when the command ends with another one.
DEMO ?= broken-bind-mounted-node=1 confinement=0

BIN := .venv/bin

.PHONY: demo test lint setup stop-engine

demo: setup
	@.ci/demo $(DEMO)

test: lint
	$(BIN)/python -m pytest --run-docker $(PYTEST_OPTIONS)

lint: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

setup:
	@PYTHON="$(PYTHON)" .ci/setup

stop-engine:
	@.ci/engine stop
