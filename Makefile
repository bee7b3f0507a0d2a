# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SOURCE ?=

.PHONY: help demo test lint unit torture bench clean

help:            ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/:/'

$(VENV)/.base: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# `trackers` asks for the windowed OpenCV, which would overwrite the headless one: without its needs.
$(VENV)/.dev: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'trackers>=2.6,<3'
	@touch $@

demo: $(VENV)/.base    ## watch a rendered scene, and SOURCE=… if given; results land in demo/
	$(BIN)/vigil demo --out demo $(if $(SOURCE),--source '$(SOURCE)')

test: lint unit        ## everything that must hold

lint: $(VENV)/.dev     ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.dev     ## the tests
	$(BIN)/pytest -n 2 --dist worksteal

torture: $(VENV)/.dev  ## 200 kills and 100 power cuts of the whole pipeline; about 40 minutes
	VIGIL_TORTURE_KILLS=200 VIGIL_TORTURE_CUTS=100 $(BIN)/pytest -s tests/torture

bench: $(VENV)/.dev    ## what the watch costs, against its rivals
	$(BIN)/python -m benchmarks watch

clean:                 ## forget the environment and the demo
	rm -rf $(VENV) demo dist build
