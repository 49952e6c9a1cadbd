"""Benchmarks of models: recordings, variants of a model, tables."""
