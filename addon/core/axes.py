"""The axes of face models and those of Blender's characters."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

MODEL_TO_BLENDER: Final[NDArray[np.float64]] = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Models are y up and look along +z; Blender's characters are z up and look along -y."""
