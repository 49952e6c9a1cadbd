"""Renders and caches."""
