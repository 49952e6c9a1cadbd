"""Damaged, lying and hostile files, and what every reader makes of them. See ``scripts/bench/fuzz.py``."""
