"""Fit expressions and jaw of a head to target motion of its points."""
