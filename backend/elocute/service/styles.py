"""Make a style file from a clip."""

from __future__ import annotations

from elocute.motion.clip import MotionClip
from elocute.pipeline import Pipeline
from elocute.service.messages import StyleSettings


def extract_style(pipeline: Pipeline, clip: bytes, settings: StyleSettings) -> bytes:
    """Return the content of the style file that a model's style encoder makes of ``clip``.

    Raises:
        InputError: these are not the bytes of a clip, or the model cannot use the clip.
        SettingsError: unknown model, the model has no style encoder, or the clip no such frame.
    """
    return pipeline.extract_style(settings.model, MotionClip.load(clip), settings.start, "clip").content
