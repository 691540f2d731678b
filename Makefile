# Every target starts from a bare clone: it makes .venv from the lock file first and says what it does.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help venv demo test kube-apiserver test-cluster kill-test lint types imports check bench lock clean

help: ## List the targets.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(STAMP): requirements/dev.lock pyproject.toml
	@echo "==> making $(VENV) from requirements/dev.lock"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

venv: $(STAMP) ## Make the virtual environment from the lock file.

demo: $(STAMP) ## Carry overrides/quickstart.yaml all the way, in a sandbox on this machine.
	@echo "==> init, apply, check-ready, connect, delete in a sandbox; nothing real is touched"
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && cp overrides/quickstart.yaml "$$folder/overrides.yaml" && \
		PATH="$(CURDIR)/$(BIN):$$PATH" apigeectl sandbox run --files "$$folder" --directory "$$folder" -- sh "$(CURDIR)/tests/e2e/demo.sh"

test: $(STAMP) ## Run the tests.
	@echo "==> running the tests"
	@$(BIN)/python -m pytest -n 2 -m "not cluster" -rs

kube-apiserver: ## Provide a real kube-apiserver and etcd, built once from pinned Go modules.
	@tools/kube-apiserver/build

test-cluster: $(STAMP) kube-apiserver ## Run the tests that need a real kube-apiserver.
	@echo "==> running the cluster tests on a real kube-apiserver"
	@$(BIN)/python -m tests.cluster

kill-test: $(STAMP) kube-apiserver ## Kill 100 applies at random points on a real kube-apiserver, and finish them.
	@$(BIN)/python -m tests.kill 100

lint: $(STAMP) ## Check style and format with ruff.
	@echo "==> ruff"
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(STAMP) ## Check types with mypy, strict.
	@echo "==> mypy"
	@$(BIN)/mypy

imports: $(STAMP) ## Check that imports point one way.
	@echo "==> import direction"
	@$(BIN)/lint-imports

check: lint types imports ## Lint, types and import direction.

bench: $(STAMP) ## Measure: start-up, requests, validating, rendering, deployments, applying against kubectl.
	@$(BIN)/python -m tests.benches

lock: $(STAMP) ## Renew the lock files from pyproject.toml.
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/run.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -o requirements/dev.lock

clean: ## Remove everything that make made.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
