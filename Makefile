# Each target does all of its own set-up on a machine that has only Python 3.10 to 3.13 and make.
# The first Python that runs and fits; override with make PYTHON=...
FITS := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.11 python3.12 python3.10 python3.13 python3 python; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.PHONY: demo test test-fast test-versions package lint format benchmark docs clean

$(STAMP): setup.py requirements.txt
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(FITS)' || { echo "Python 3.10 to 3.13 is needed: make PYTHON=/path/to/it"; exit 1; }
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
HOW = -m pytest tests --numprocesses=2 --dist=worksteal $(PYTEST_OPTIONS)
PYTEST = $(PY) $(HOW)
FAST = -m "not process and not slow"

test: $(STAMP)
	$(PYTEST)

# Four fifths of the tests: those that start no process of their own and take less than a second.
test-fast: $(STAMP)
	$(PYTEST) $(FAST)

# The fast tests on the oldest TensorFlow and Python that setup.py allows and on the newest, and SavedModels of the newest
# read by the oldest. The environments .venv-oldest and .venv-newest are made once. Where python3.10 or python3.13 is not
# found, the Python of the other targets stands in: make test-versions OLDEST_PYTHON=... NEWEST_PYTHON=...
RUNS = $(shell for p in $(1); do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
OLDEST_PYTHON ?= $(call RUNS,python3.10 $(PYTHON))
NEWEST_PYTHON ?= $(call RUNS,python3.13 $(PYTHON))
.venv-oldest/.installed: MADE_BY = $(OLDEST_PYTHON)
.venv-oldest/.installed: TENSORFLOW = 2.18
.venv-newest/.installed: MADE_BY = $(NEWEST_PYTHON)
.venv-newest/.installed: TENSORFLOW = 2.21

.venv-oldest/.installed .venv-newest/.installed: setup.py
	$(MADE_BY) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --upgrade pip
	$(@D)/bin/python -m pip install --quiet -e ".[netcdf,dev]" \
	  "tensorflow==$(TENSORFLOW).*" "tf-keras==$(TENSORFLOW).*" "tensorflow-serving-api==$(TENSORFLOW).*"
	touch $@

test-versions: .venv-oldest/.installed .venv-newest/.installed
	.venv-oldest/bin/python $(HOW) $(FAST)
	.venv-newest/bin/python $(HOW) $(FAST)
	rm -rf build/across_versions
	.venv-newest/bin/python -m tests.support.across_versions write build/across_versions
	.venv-oldest/bin/python -m tests.support.across_versions check build/across_versions

# Wheel and source in dist/, checked as a package index would, and the wheel installed where nothing else is.
package:
	rm -rf dist build/packaging build/installed build/lib
	$(PYTHON) -m venv build/packaging
	build/packaging/bin/python -m pip install --quiet build twine
	build/packaging/bin/python -m build --outdir dist .
	build/packaging/bin/python -m twine check --strict dist/*
	$(PYTHON) -m venv build/installed
	build/installed/bin/python -m pip install --quiet dist/*.whl
	cd build && installed/bin/gpvae --version
	cd build && TF_CPP_MIN_LOG_LEVEL=3 installed/bin/python -c "import gpvae_tf; gpvae_tf.models, gpvae_tf.serving"

# What a change of the house's plan breaks, in half a minute: imports between rooms, names, docstrings, links.
HOUSE = tests/test_imports.py tests/test_unique_names.py tests/test_public_names.py tests/test_slow_tests.py \
  tests/docs/test_prose.py tests/docs/test_links.py tests/docs/test_contributing.py

lint: $(STAMP)
	$(PY) -m ruff check gpvae_tf scripts tests docs/*.py setup.py
	$(PY) -m ruff format --check gpvae_tf scripts tests docs/*.py setup.py
	$(PY) -m mypy gpvae_tf
	$(PY) -m pytest -q $(HOUSE)

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
	rm -rf $(VENV) .venv-oldest .venv-newest build dist *.egg-info
