"""The GP encoder and its baselines (Kim & Pavlovic, 2021): configuration, models, pictures, table."""
