"""Measures of articulation against phones; no recorded motion is needed."""
