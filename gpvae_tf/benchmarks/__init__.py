"""Step, training and encode times as ratios between models, and against the authors' code; `scripts/benchmark.py`."""
