"""Synthetic models with FLAME's structure and size, for tests and measurements. No FLAME data in them."""

from .model import FULL_SIZE, SMALL_SIZE, MeshSize, SyntheticFlame, make_synthetic_flame
from .pickles import STYLES, write_files, write_model

__all__ = [
    "FULL_SIZE",
    "SMALL_SIZE",
    "STYLES",
    "MeshSize",
    "SyntheticFlame",
    "make_synthetic_flame",
    "write_files",
    "write_model",
]
