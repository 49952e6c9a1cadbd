"""Make a style file from a clip or a recording of a face."""

from __future__ import annotations

from elocute.exchange.captures import motion_of_bytes
from elocute.pipeline import Pipeline
from elocute.service.messages import StyleSettings


def extract_style(pipeline: Pipeline, clip: bytes, settings: StyleSettings) -> bytes:
    """Return the content of the style file that a model's style encoder makes of ``clip``.

    Args:
        pipeline: has the model.
        clip: content of a clip's file, or of a recording that ``elocute import`` reads.
        settings: the model, and the frame to begin at.

    Raises:
        InputError: these are not the bytes of a clip or a recording, or the model cannot use the clip.
        SettingsError: unknown model, the model has no style encoder, or the clip no such frame.
    """
    motion = motion_of_bytes(clip, pipeline.describe(settings.model).fps)
    return pipeline.extract_style(settings.model, motion, settings.start, "clip").content
