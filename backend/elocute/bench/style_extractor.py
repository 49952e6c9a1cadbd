"""Styles that a model's style encoder extracts from clips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.models.catalogue import Catalogue
from elocute.motion.clip import MotionClip
from elocute.storage.npz import NpzKind, read_arrays

StyleExtractor = Callable[[MotionClip], bytes]
"""The style of a clip as the content of a style file."""

_STYLE_FILE: Final = NpzKind("{path} holds no style.", "bad_style")


def style_extractor(model: str) -> StyleExtractor | None:
    """The style encoder of a model, None for a model that has no checkpoint.

    What comes back raises SettingsError where the checkpoint has no style encoder, InputError where a clip
    does not fit the model.

    Raises:
        SettingsError: there is no such model, or it cannot be used here.
        InputError: its files are damaged.
    """
    catalogue = Catalogue(anything=True)
    chosen = catalogue.choose(model)
    if catalogue.folder(chosen) is None:
        return None
    return lambda clip: catalogue.extract_style(chosen, clip, 0, "measured").content


def style_vector(content: bytes) -> NDArray[np.float64]:
    """(S,) numbers of a style file that :func:`style_extractor` gave."""
    return read_arrays(content, _STYLE_FILE)["style"].astype(np.float64)
