# Every target does its own set-up: a bare clone and a Python are enough.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt

PREFECT_PORT ?= 4200
MLFLOW_PORT  ?= 5000

RUN_STAMP := $(VENV)/installed-run
DEV_STAMP := $(VENV)/installed-dev

.DEFAULT_GOAL := help
.PHONY: help run test check ui bench azure-emulator clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile
	@echo
	@echo '  make run ARGS="--json"  ARGS are passed on to the command behind the target'

run: $(RUN_STAMP) ## the whole loop on the sample data: measure, train, measure again, decide, release
	@$(BIN)/wergate run $(ARGS)

test: $(DEV_STAMP) ## the test suite, on all cores; ARGS='-m long' runs those that take long, ARGS='-n 0' one after the other
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(DEV_STAMP) ## lint, format, types, generated documentation, workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python docs/generate.py --check
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline --quiet --no-progress .github

bench: $(DEV_STAMP) ## speed and memory, measured on this machine
	@$(BIN)/python benchmarks/run.py $(ARGS)

ui: $(RUN_STAMP) ## the Prefect and MLflow pages over the stores below data/; Ctrl-C stops both
	@mkdir -p data/prefect data/mlartifacts
	@echo 'Prefect  http://127.0.0.1:$(PREFECT_PORT)'
	@echo 'MLflow   http://127.0.0.1:$(MLFLOW_PORT)'
	@echo 'Both answer after some seconds. Ctrl-C stops them.'
	@export DO_NOT_TRACK=1 PYTHONWARNINGS=ignore MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false; \
	export PREFECT_SERVER_ANALYTICS_ENABLED=false PREFECT_LOGGING_SERVER_LEVEL=WARNING; \
	export PREFECT_HOME='$(CURDIR)/data/prefect' PREFECT_UI_API_URL=http://127.0.0.1:$(PREFECT_PORT)/api; \
	$(BIN)/prefect server start --host 127.0.0.1 --port $(PREFECT_PORT) >/dev/null & prefect=$$!; \
	$(BIN)/mlflow server --host 127.0.0.1 --port $(MLFLOW_PORT) --workers 1 --uvicorn-opts '--log-level warning' \
	  --backend-store-uri 'sqlite:///$(CURDIR)/data/mlflow.db' \
	  --artifacts-destination '$(CURDIR)/data/mlartifacts' & mlflow=$$!; \
	trap 'kill $$prefect $$mlflow 2>/dev/null' INT TERM; \
	wait; wait

azure-emulator: $(DEV_STAMP) ## an emulator of Azure Custom Speech on this machine, to try backend = "azure" for nothing
	@$(BIN)/python -m tests.azure_emulator $(ARGS)

clean: ## remove the environment and the caches; data/ stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  found=$$(command -v $(PYTHON) >/dev/null && $(PYTHON) --version 2>&1 || echo missing); \
	  echo "Wergate needs Python 3.11 or newer; '$(PYTHON)' is $$found. Name another: make run PYTHON=python3.12" >&2; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "'$(PYTHON) -m venv' failed; the lines above say why. On Debian or Ubuntu: apt install python3-venv" >&2; \
	  exit 1; }
	@touch $@

# A setting changed in pyproject.toml must not need the network: pip runs only when what it reads has changed.
PIP_INPUT = $(BIN)/python -c 'import hashlib, pathlib, tomllib; \
  read = lambda name: pathlib.Path(name).read_text(encoding="utf-8"); \
  project = tomllib.loads(read("pyproject.toml")); \
  parts = [project["build-system"], project["project"], project["tool"]["hatch"], read("constraints.txt")]; \
  print(hashlib.sha256(repr(parts).encode()).hexdigest())'

# $(call install,<what>): install the repository, unless the stamp being made says that it was done with the same input.
define install
@input=$$($(PIP_INPUT)) || exit 1; \
if [ "$$input" != "$$(cat $@ 2>/dev/null)" ]; then \
  echo "Installing Wergate into $(VENV): the first time takes some minutes." >&2; \
  $(PIP) -e '$(1)' || { \
    echo "The installation failed; the lines above say why. Mend it and type the same again." >&2; exit 1; }; \
fi; \
echo "$$input" > $@
endef

$(RUN_STAMP): pyproject.toml constraints.txt | $(VENV)/created
	$(call install,.)

$(DEV_STAMP): pyproject.toml constraints.txt | $(VENV)/created
	$(call install,.[dev])
