"""Import of a user's Basel Face Model in the form that programs for 3DMM coefficients keep it in."""

from elocute.face.bfm_import.convert import convert_bfm

__all__ = ["convert_bfm"]
