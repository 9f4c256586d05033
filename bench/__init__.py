"""Benchmarks of Mission Practice Graph: a seeded generator of the model's shape, and the runs."""
