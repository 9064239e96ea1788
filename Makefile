# Each target does all of its own set-up on a machine that has only Python 3.10 to 3.12 and make.
# The first Python that runs and fits; override with make PYTHON=...
FITS := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for p in python3.11 python3.12 python3.10 python3 python; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.PHONY: demo test test-fast lint format benchmark docs clean

$(STAMP): setup.py requirements.txt
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(FITS)' || { echo "Python 3.10, 3.11 or 3.12 is needed: make PYTHON=/path/to/it"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip
	$(PY) -m pip install --quiet -r requirements.txt
	$(PY) -m pip install --quiet --no-deps -e .
	touch $(STAMP)

# Trains SVGP-VAE on the moving ball for 4,000 steps (3 to 6 minutes on 2 CPU cores); a second call continues or reuses it.
demo: $(STAMP)
	$(PY) scripts/BALL_experiment.py --elbo SVGPVAE_Hensman --clip_qs --steps 4000 --steps_per_epoch 500 \
	  --base_dir demo --expid demo --resume
	@echo "Look at demo/demo_SVGPVAE_Hensman: metrics.csv, trajectories.png, saved_model, config.json"

# Two workers, each with half of the files in their order, which share what is built and traced; who is done first takes
# half of what the other has left.
PYTEST = $(PY) -m pytest tests --numprocesses=2 --dist=worksteal $(PYTEST_OPTIONS)

test: $(STAMP)
	$(PYTEST)

# Nine tenths of the tests: those that start no process of their own and take less than a second.
test-fast: $(STAMP)
	$(PYTEST) -m "not process and not slow"

lint: $(STAMP)
	$(PY) -m ruff check gpvae_tf scripts tests docs/*.py setup.py
	$(PY) -m ruff format --check gpvae_tf scripts tests docs/*.py setup.py
	$(PY) -m mypy gpvae_tf

format: $(STAMP)
	$(PY) -m ruff check --fix gpvae_tf scripts tests docs/*.py setup.py
	$(PY) -m ruff format gpvae_tf scripts tests docs/*.py setup.py

benchmark: $(STAMP)
	$(PY) scripts/benchmark.py --suite=ball

# The guide, the results and a reference of every public class, made of its docstrings: open build/site/index.html
docs: $(STAMP)
	$(PY) -m pip install --quiet -r docs/requirements.txt
	rm -rf build/pages && mkdir -p build/pages
	cp -r README.md CONTRIBUTING.md CHANGELOG.md docs results build/pages
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) build *.egg-info
