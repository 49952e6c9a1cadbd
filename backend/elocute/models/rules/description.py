"""Description of the ``rules`` model, without importing its implementation."""

from __future__ import annotations

from typing import Final

from elocute.audio.speech_features import FPS
from elocute.generator import ModelInfo, NumberOption
from elocute.models.rules.style import MOST_INTENSITY, PARAMETERS, PRESETS
from elocute.motion.head1_basis import BASIS
from elocute.style_curve import INTENSITY

MODEL_ID: Final = "rules"
FAMILY: Final = "rules"


def rules_info() -> ModelInfo:
    """What the model says of itself."""
    return ModelInfo(
        id=MODEL_ID,
        family=FAMILY,
        title="Rules: phones and prosody, no neural network",
        basis=BASIS,
        fps=FPS,
        styles=tuple(PRESETS),
        engine="NumPy",
        changes_styles=True,
        options={
            INTENSITY: NumberOption(0.0, 1.0, MOST_INTENSITY, varies=True),
            **{name: NumberOption(*bounds, varies=True) for name, bounds in PARAMETERS.items()},
        },
    )
