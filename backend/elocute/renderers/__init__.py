"""Renderers: from motion to images, one folder each."""
