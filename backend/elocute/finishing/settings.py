"""What a user may say about finishing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FinishSettings:
    """How the clips of a request are finished.

    Attributes:
        style: the preset whose eyes are meant, None for the model's default.
        lip_contacts: make the contacts of P, B, M, F and V certain where the phones say so.
        gaze: factor on how often and how far the style's eyes leave the camera.
        blinks: factor on the style's blinks a minute.
        seed: take k has the eyes and blinks of seed + k.
    """

    style: str | None = None
    lip_contacts: bool = True
    gaze: float = 1.0
    blinks: float = 1.0
    seed: int = 0
