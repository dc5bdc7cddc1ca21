# `make help` lists the targets. Everything is installed in .venv; nothing else of the machine is touched,
# but for a browser, where there is none and this is root on Debian.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONUNBUFFERED := 1
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
.PHONY: help setup repro verify experiments test test-all check clean

help: ## Say what each target does
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: $(READY) ## Make .venv with the pinned packages, and see to a browser
	@$(BIN)/toonseg browser --install

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: toonseg needs Python 3.11 or later: run make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing the packages in .venv (5.8 GB, most of it PyTorch: a minute or a few)"
	@$(PYTHON) -m venv $$($(BIN)/python -c '' 2>/dev/null || echo --clear) .venv
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt uv
	@$(BIN)/uv pip install -q -p $(BIN)/python -c constraints.txt -b constraints.txt -e '.[dev]'
	@if git rev-parse -q --git-dir >/dev/null; then $(BIN)/pre-commit install >/dev/null; fi
	@$(BIN)/toonseg remote guard >/dev/null
	@touch $@

repro: setup ## Run the pipeline: only the stages whose inputs changed run
	@$(BIN)/dvc repro
	@echo 'Look at plots/evaluate/predictions.png, metrics/evaluate.json and data/exports.'

verify: setup ## Run the last commit again in a clean clone and compare every hash
	@$(BIN)/toonseg verify

experiments: repro ## Train and test the seven experiments on two series (five trainings)
	@$(BIN)/dvc repro experiments/dvc.yaml

# The server of the tests of SSH. Debian starts it where its services run: there you decide, here it is installed.
.PHONY: sshd
sshd:
	@PATH=$$PATH:/usr/sbin; if ! command -v sshd >/dev/null && command -v apt-get >/dev/null && \
	  [ "$$(id -u)" = 0 ] && [ ! -d /run/systemd/system ]; then \
	  echo "Installing Debian's OpenSSH server, for tests"; export DEBIAN_FRONTEND=noninteractive; \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends openssh-server; } >/dev/null 2>&1 || \
	  echo 'It could not be installed: the tests of SSH are skipped'; fi

test: setup sshd ## Run the tests (under 15 minutes on two cores)
	$(BIN)/pytest -n 2 -m "not all"

test-all: setup sshd ## Run every test, those that take long too
	$(BIN)/pytest

check: setup ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

clean: ## Delete .venv and the caches of tools; data and downloads stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
	find . -name __pycache__ -not -path './data/*' -prune -exec rm -rf {} +
