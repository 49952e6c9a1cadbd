"""Measures of how much and how people move: sizes, speeds, rates, and how takes and styles differ."""
