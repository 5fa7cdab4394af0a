# Commands that do everything, set-up included (make itself: sudo apt-get install make):
#   make demo   the main job, `hwaccess check`, on examples
#   make test   ruff, mypy and the whole test suite with real containers and virtual boards
#   make unit   what needs neither an engine, a board nor a wheel, in under a minute: the inner loop
# The boards are built first: minutes once, and Debian packages of QEMU. BOARDS says which:
# `make test BOARDS=` leaves out all tests that need one, `make test-boards BOARDS=rpi3b` runs those
# on the virtual Raspberry Pi and nothing else. WORKERS says how many tests run at once, and
# BOARD_WORKERS how many of those on boards. ROWS=own leaves out what a further board would only show
# again: of the examples, those expected to end there as on pc, or on rpi3b as on any board.
# An engine that answers is used as it is. One that had to be started ends by `make stop-engine`.

PYTHON ?= python3
PYTEST_OPTIONS ?=
WORKERS ?= 2
# A virtual board wants two processors: beside other work on two of them it misses its time limits.
BOARD_WORKERS ?= 0
# EXAMPLE=EXIT CODE: the demo fails when the command ends with another one.
DEMO ?= broken-bind-mounted-node=1 confinement=0

# The PCs need a PC. rpi3b and virt run on any processor; rpi3b needs QEMU 9, which not every
# distribution has.
PCS := pc pc-cgroup1 pc-apparmor pc-userns
BOARDS ?= $(if $(filter x86_64,$(shell uname -m)),$(PCS))
ROWS ?= all
BOARD_OPTIONS := $(BOARDS:%=--run-board=%) $(if $(filter own,$(ROWS)),--own-rows)

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n $(WORKERS)
BOARD_PYTEST := $(BIN)/python -m pytest -n $(BOARD_WORKERS)

.PHONY: demo test unit suite suite-engine suite-boards test-boards boards lint setup venv stop-engine

demo: setup
	@.ci/demo $(DEMO)

test: lint boards suite

unit: venv
	$(PYTEST) --ignore=tests/packaging $(PYTEST_OPTIONS)

suite: suite-engine suite-boards

suite-engine: setup
	$(PYTEST) --run-docker -m "not board" $(PYTEST_OPTIONS)

suite-boards: setup
	$(if $(strip $(BOARDS)),$(BOARD_PYTEST) --run-docker $(BOARD_OPTIONS) -m board $(PYTEST_OPTIONS))

test-boards: setup boards
	$(BOARD_PYTEST) $(BOARD_OPTIONS) -m board $(PYTEST_OPTIONS)

boards: setup
	@BOARDS="$(BOARDS)" .ci/boards

lint: venv
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

setup:
	@PYTHON="$(PYTHON)" .ci/setup

venv:
	@PYTHON="$(PYTHON)" .ci/setup venv

stop-engine:
	@.ci/engine stop
