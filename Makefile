# Two commands do all the set-up: `make run` starts the app, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test mutants check format lint types lock audit bench demo-model clean

run: $(VENV)/run.done $(BIN)/lychee-rerank
	@$(BIN)/python serve.py

test: $(VENV)/dev.done $(BIN)/lychee-rerank
	$(BIN)/python -m pytest

# Small changes of the code that no test notices: make mutants MODULES="results.spread export.file_names", or all of
# them, in an hour.
mutants: $(VENV)/dev.done
	nice -n 19 $(BIN)/python tools/mutants.py $(MODULES)

check: format lint types test

format: $(VENV)/dev.done
	$(BIN)/ruff format --check .

lint: $(VENV)/dev.done
	$(BIN)/ruff check .

types: $(VENV)/dev.done
	$(BIN)/mypy

# The container installs what the locks say, file by file. torch has one of its own, as its index can be chosen.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --custom-compile-command "make lock"

lock: $(VENV)/release.done
	grep -E '^torch(vision)?==' requirements.txt | $(LOCK) - --constraints requirements.txt --output-file locks/torch.txt
	$(LOCK) requirements.txt --constraints locks/torch.txt --output-file locks/app.txt \
	  $$(sed -nE 's/^((torch|triton|cuda|nvidia)[a-z0-9-]*)==.*/--no-emit-package \1/p' locks/torch.txt)

audit: $(VENV)/release.done
	for lock in locks/*.txt; do $(BIN)/pip-audit --strict --require-hashes --disable-pip -r $$lock || exit 1; done

# Side by side with what most people write, and with a CrossEncoder; then how soon the first ten are there, which takes
# far longer.
bench: $(VENV)/bench.done
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.first_ten
	$(BIN)/python -m benchmarks.http_door
	$(BIN)/python -m benchmarks.remote_servers

# Hours on two cores. The weights go on from those of version 3, which lie in the history.
demo-model: $(VENV)/dev.done $(BIN)/lychee-rerank
	mkdir -p build/demo-model/start
	git archive a968b36:lychee_rerank/demo_model | tar -x -C build/demo-model/start
	$(BIN)/python tools/train_demo_model.py --start build/demo-model/start
	$(BIN)/python tools/make_evaluation_set.py
	for style in fluent-3d twemoji fluent-3d-like twemoji-like; do $(BIN)/lychee-rerank evaluate build/evaluation/$$style \
	  --model demo --json > build/evaluation/$$style/figures.json; done
	$(BIN)/python tools/check_bars.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@echo "[1/2] Making a virtual environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/run.done: requirements.txt | $(BIN)/python
	@echo "[2/2] Installing requirements.txt: about 3 GB to download, 6 GB on disk (PyTorch with CUDA); once only"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# The command of this checkout; built with the setuptools that PyTorch brings: a second, and no network.
$(BIN)/lychee-rerank: pyproject.toml | $(VENV)/run.done
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .

$(VENV)/dev.done: requirements-dev.txt requirements-bulk.txt | $(VENV)/run.done
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/bench.done: requirements-bench.txt | $(VENV)/dev.done
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@

$(VENV)/release.done: requirements-release.txt | $(BIN)/python
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-release.txt
	@touch $@
