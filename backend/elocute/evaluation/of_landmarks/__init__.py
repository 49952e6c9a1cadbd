"""Measures of 68 facial landmarks against true ones."""
