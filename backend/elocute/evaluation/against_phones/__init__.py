"""Measures of whether the mouth does what the phones ask for; no recorded motion is needed."""
