"""The version of everything that decides which phones are heard, for :mod:`elocute.audio.analysis_cache`."""

from typing import Final

FRONT_END_VERSION: Final = 13
"""Raise it with every change after which a recording can get other phones, words or notes."""
