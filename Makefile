# Every target makes what it needs first: an environment in .venv, Java, the jars. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
# Stamps: present and newer than what they depend on when the step was done.
INSTALLED := .venv/.installed
JARS := .venv/.jars
# Spark needs it; the script prints the home of a Java 17 or 21, or says what to install.
WITH_JAVA := JAVA_HOME="$$(make/find_java.sh)"; export JAVA_HOME;
WORLD := build/demo/world

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(JARS) $(WORLD)/.written build/demo/pseudonyms.secret  ## A whole night on a sample world: dumps in, a released graph out
	@$(WITH_JAVA) KGSPARK_SAMPLE=$(WORLD) $(BIN)/kgspark nightly --config conf/demo.yaml

# Two processes, each with a Spark of its own (2 GB): a test keeps little more than one core busy. A file stays in one, as its tests share frames.
.PHONY: test
test: $(JARS)  ## The test suite, without its slow tests
	@$(WITH_JAVA) $(BIN)/pytest -n 2 --dist loadfile

.PHONY: test-all
test-all: $(JARS)  ## All tests: also a real cluster, the wheel, whole nights
	@$(WITH_JAVA) $(BIN)/pytest -m "slow or not slow"

.PHONY: check
check: $(INSTALLED)  ## Linter, formatter, types, house rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest tests/test_house_rules.py

.PHONY: fmt
fmt: $(INSTALLED)  ## Format the code
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

.PHONY: bench
bench: $(JARS)  ## Measure again what benchmarks/ reports
	@$(WITH_JAVA) $(BIN)/python -m benchmarks

.PHONY: dist
dist: $(INSTALLED)  ## The wheel for spark-submit --py-files, into dist/
	@rm -rf dist
	@said="$$($(BIN)/python -m build --wheel --outdir dist . 2>&1)" || { echo "$$said" >&2; exit 1; }
	@ls dist/*.whl

.PHONY: clean
clean:  ## Remove what was built here: lakes, wheels, caches (not .venv)
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis spark-warehouse metastore_db derby.log artifacts
	@find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml
	@make/venv.sh
	@touch $@

$(JARS): $(INSTALLED) conf/spark/local.conf
	@$(WITH_JAVA) $(BIN)/python make/fetch_jars.py
	@touch $@

$(WORLD)/.written: | $(JARS)
	@echo "Writing the sample world: 3,000 offers and what shoppers did with them"
	@$(WITH_JAVA) $(BIN)/kgspark sample --offers 3000 --seed 7 --out $(WORLD)
	@touch $@

build/demo/pseudonyms.secret: | $(INSTALLED)
	@$(BIN)/kgspark key new $@ >/dev/null
