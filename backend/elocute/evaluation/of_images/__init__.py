"""Measures of images and films against true ones, or by themselves."""
