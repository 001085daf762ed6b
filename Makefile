# Everything the project does, from a fresh clone on. `make` alone lists it. Nothing is installed outside this folder,
# but the browser that tests open pages in, where the machine has none and root asks.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
EMULATOR := .venv-emulator
LAYERS := host aarch64 grader-host grader-aarch64
PIP := python -m pip install --quiet --quiet --disable-pip-version-check
NODE_PATH_FIRST := PATH="$(CURDIR)/$(BIN):$$PATH"
ENVIRONMENTS := $(sort $(basename $(notdir $(wildcard environments/*.toml))))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev demo test lint format types synth ci bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## virtual environments, Node, the CDK CLI, Lambda layers, the command .venv/bin/rft (once; then under a second)
	@$(MAKE) --silent --no-print-directory --jobs 4 \
	    $(BIN)/rft node_modules/.done $(EMULATOR)/.done $(LAYERS:%=build/layers/.%)

setup-dev: setup $(VENV)/.dev $(VENV)/.chromium build/awscli/.done ## setup, and what tests and linters need

demo: setup ## the whole path on your machine: embedded AWS, deploy, drop a file, train, evaluate, promote, ask
	@$(BIN)/rft demo

test: setup-dev ## every test, the pipeline tests on the embedded AWS included
	@$(NODE_PATH_FIRST) $(BIN)/python -m pytest -n auto tests

lint: setup-dev ## ruff, layering rules, the workflows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo pyproject.toml
	@$(NODE_PATH_FIRST) $(BIN)/python tools/lint_asl.py step_functions/*.asl.json

format: setup-dev ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup-dev ## mypy --strict
	@$(BIN)/mypy

synth: setup-dev ## synthesise every environment, strictly, and lint its templates
	@for name in $(ENVIRONMENTS); do \
	    echo "synth $$name"; \
	    rm -rf build/synth/$$name; \
	    $(NODE_PATH_FIRST) node_modules/.bin/cdk synth --strict -q -c environment=$$name \
	        --app "$(BIN)/python app.py" -o build/synth/$$name || exit 1; \
	    $(BIN)/cfn-lint --config-file .cfnlintrc -- $$(find build/synth/$$name -name '*.template.json') || exit 1; \
	done

ci: ## what a change must pass
	@.ci/run

bench: setup ## what things cost, as ratios measured in one run
	@$(NODE_PATH_FIRST) $(BIN)/python -m bench

clean: ## remove everything that the other targets made
	rm -rf $(VENV) $(EMULATOR) node_modules build cdk.out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# -- what setup is made of; an empty file in each part says that it is whole

$(VENV)/.made: tools/host_python
	@python=$$(sh tools/host_python) && echo "virtual environment ($$($$python --version))" && $$python -m venv $(VENV)
	@touch $@

$(VENV)/.app: requirements.txt $(VENV)/.made | $(VENV)/.node
	@echo "packages of the app"
	@$(BIN)/$(PIP) --requirement requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	@echo "packages of tests and linters"
	@$(BIN)/$(PIP) --requirement requirements.txt --requirement requirements-dev.txt
	@touch $@

$(BIN)/rft: tools/install_command.py $(VENV)/.app
	@$(BIN)/python tools/install_command.py
	@touch $@

$(EMULATOR)/.done: local/requirements.txt $(VENV)/.made
	@echo "packages of the emulator"
	@$(BIN)/python -m venv $(EMULATOR)
	@$(EMULATOR)/bin/$(PIP) --requirement local/requirements.txt
	@touch $@

# Holds the path of the browser.
$(VENV)/.chromium: tools/host_chromium $(VENV)/.made
	@sh tools/host_chromium >$@

build/awscli/.done: requirements-awscli.txt $(VENV)/.made
	@echo "AWS CLI, for the tests of clients that share nothing with us"
	@$(BIN)/python -m venv build/awscli
	@build/awscli/bin/$(PIP) --requirement requirements-awscli.txt
	@touch $@

$(VENV)/.node: requirements-node.txt tools/host_node $(VENV)/.made
	@sh tools/host_node $(VENV) requirements-node.txt
	@touch $@

node_modules/.done: package.json package-lock.json $(VENV)/.node
	@echo "CDK CLI"
	@$(NODE_PATH_FIRST) npm ci --loglevel=error --no-audit --no-fund > /dev/null
	@touch $@

build/layers/.%: requirements-lambda.txt requirements-grader.txt tools/build_layer.py $(VENV)/.app
	@echo "Lambda layer ($*)"
	@$(BIN)/python tools/build_layer.py $*
	@touch $@
