"""Measures of how good a motion is."""
