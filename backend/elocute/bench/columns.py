"""Columns of the tables that measurements of models show."""

from __future__ import annotations

from typing import Final

from elocute.bench.tables import Column
from elocute.models.catalogue import FALLBACK_MODEL

SPOKEN_COLUMNS: Final = (
    Column("bilabials_closed", "P B M closed (%)", 100, 1),
    Column("labiodentals_touching", "F V touching (%)", 100, 1),
    Column("rounding", "rounding UW OW W (mm)", 1e3, 2),
    Column("open_vowels", "opening AA AE (mm)", 1e3, 1),
    Column("silence_closed", "closed in silence (%)", 100, 1),
    Column("lag_frames", "lag (frames)", 1, 2),
    Column("lag_correlation", "correlation there", 1, 2),
    Column("mean_jerk", "mean jerk (m/s³)", 1, 1),
    Column("jerk_ratio", f"jerk / {FALLBACK_MODEL}", 1, 2),
    Column("max_acceleration", "max accel. (m/s²)", 1, 1),
    Column("false_closures", "false closures/min", 1, 1),
    Column("onset_error", "onset error (ms)", 1e3, 0),
    Column("onset_late", "onset late (ms)", 1e3, 0),
    Column("release_error", "release error (ms)", 1e3, 0),
    Column("formant_correlation", "opening and F1", 1, 2),
    Column("loudness_correlation", "opening and loudness", 1, 2),
    Column("jitter_99", "accel. 99 % (m/s²)", 1, 2),
    Column("jitter_999", "accel. 99.9 % (m/s²)", 1, 2),
    Column("silence_all", "closed in all silence (%)", 100, 1),
    Column("seam_head", "head at borders", 1, 2),
    Column("seam_brows", "brows at borders", 1, 2),
    Column("seam_lips", "lips at borders", 1, 2),
    Column("lips_apart", "takes apart: lips (mm)", 1e3, 2),
    Column("brows_apart", "brows", 1, 3),
    Column("head_apart", "head (°)", 1, 2),
    Column("blinks_per_minute", "blinks/min", 1, 1),
    Column("head_speed", "head speed (°/s)", 1, 1),
)
HELD_OUT_COLUMNS: Final = (
    Column("lve", "LVE (mm)", 1e3, 2),
    Column("fdd", "FDD (10⁻⁵ m)", 1e5, 1),
    Column("mod", "MOD (mm)", 1e3, 2),
    Column("misalignment", "MTM (ms)", 1e3, 0),
    Column("ba", "BA", 1, 3),
    Column("bilabials_closed", "P B M closed (%)", 100, 1),
    Column("lips_apart", "takes apart: lips (mm)", 1e3, 2),
    Column("upper_face_apart", "upper face (mm)", 1e3, 2),
    Column("brows_apart", "brows", 1, 3),
    Column("head_apart", "head (°)", 1, 2),
    Column("seam_head", "head at borders", 1, 2),
    Column("seam_brows", "brows at borders", 1, 2),
    Column("seam_lips", "lips at borders", 1, 2),
)
