"""Operators: read the settings, make one call, report."""
