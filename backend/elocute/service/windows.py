"""Windows of motion as messages that fit into an event."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from elocute.generator import MotionWindow
from elocute.motion.clip import MotionClip
from elocute.service.messages import WindowMessage

LARGEST_WINDOW: Final = 1024 * 1024
"""Bytes of motion in one message, before compression; a longer window is sent in pieces."""


def window_messages(window: MotionWindow) -> Iterator[WindowMessage]:
    """Yield ``window`` in pieces, in order, each small enough for one line of an event stream."""
    frames = window.clips[0].frames
    step = max(1, LARGEST_WINDOW // max(1, sum(_frame_bytes(clip) for clip in window.clips)))
    for start in range(0, frames, step):
        pieces = [_part(clip, start, start + step) for clip in window.clips]
        yield WindowMessage(
            first=window.first + start,
            frames=pieces[0].frames,
            clips=tuple(base64.b64encode(pack(piece)).decode("ascii") for piece in pieces),
        )


def pack(clip: MotionClip) -> bytes:
    """Return the clip's ``.npz`` file."""
    stream = io.BytesIO()
    clip.write(stream)
    return stream.getvalue()


def _part(clip: MotionClip, start: int, stop: int) -> MotionClip:
    return replace(
        clip,
        expression=clip.expression[start:stop],
        jaw=clip.jaw[start:stop],
        head=clip.head[start:stop],
        neck=None if clip.neck is None else clip.neck[start:stop],
        eyes=None if clip.eyes is None else clip.eyes[start:stop],
    )


def _frame_bytes(clip: MotionClip) -> int:
    tracks = (clip.expression, clip.jaw, clip.head, clip.neck, clip.eyes)
    return sum(track[0].nbytes for track in tracks if track is not None)
