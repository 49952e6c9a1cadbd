"""Words that the last job heard, while the panel shows the recording in which it heard them."""

from __future__ import annotations

import bpy

from ..core.heard_words import HeardWords
from .session.status import Status
from .ui.properties import read_options


def offered_words(scene: bpy.types.Scene, status: Status) -> HeardWords | None:
    """What can be taken as transcript, or None."""
    words = status.heard
    if words is None:
        return None
    options = read_options(scene, keyed=False)
    if (options.audio, options.segment) != (words.recording, words.part) or (
        options.transcript or ""
    ).strip() == words.text.strip():
        return None
    return words
