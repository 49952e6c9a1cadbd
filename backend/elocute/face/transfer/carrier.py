"""Clips of a model carried onto another head while they are made: the two heads, as a model's folder keeps
them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from elocute.errors import InputError
from elocute.face.fit.points import check_has_landmarks
from elocute.face.fit.settings import FitSettings
from elocute.face.model import FaceModel
from elocute.face.transfer.transfer import transfer_clip
from elocute.motion.clip import MotionClip
from elocute.progress import Progress

OWN_FACE: Final = "own_face.npz"
HEAD: Final = "head.npz"
_NOTABLE_MM: Final = 3.0


@dataclass(frozen=True)
class Carrier:
    """The head of a model's own basis, and the one that its clips are for.

    Attributes:
        own: head of the basis that the model speaks.
        head: head of the basis that users get.

    Raises:
        InputError: a head has no landmarks.
    """

    own: FaceModel
    head: FaceModel

    def __post_init__(self) -> None:
        check_has_landmarks(self.own, self.head)

    def carried(self, clip: MotionClip, meta: Mapping[str, Any], progress: Progress) -> MotionClip:
        """A clip of the head's basis. A poor fit is no error: a sentence of the clip's notes says so.

        Args:
            clip: of the model's own basis.
            meta: how it was made.
            progress: told how far the fit is.

        Raises:
            InputError: the clip is of another basis.
            Cancelled: ``progress`` was cancelled.
        """
        unlimited = replace(FitSettings(), limit_mm=math.inf, limit_share=math.inf)
        made, report = transfer_clip(clip, self.own, self.head, settings=unlimited, progress=progress)
        lips, told = report.mean_mm["lips"], dict(meta)
        if lips > _NOTABLE_MM:
            sentence = f"The head cannot follow the model's lips: they are off by {lips:.1f} mm on average."
            told["notes"] = [*told.get("notes", ()), sentence]
        return replace(made, meta=told)

    def save(self, folder: Path) -> None:
        """Write both heads into a model's folder.

        Raises:
            InputError: they cannot be written.
        """
        self.own.save(folder / OWN_FACE)
        self.head.save(folder / HEAD)

    @classmethod
    def load(cls, folder: Path, basis: str, onto: str) -> Carrier:
        """Read both heads of a model's folder.

        Args:
            folder: the model's.
            basis: that the model speaks.
            onto: that of the head that its clips are for.

        Raises:
            InputError: a head is missing, damaged, without landmarks, or of another basis.
        """
        found = cls(FaceModel.load(folder / OWN_FACE), FaceModel.load(folder / HEAD))
        for face, name, wanted in ((found.own, OWN_FACE, basis), (found.head, HEAD, onto)):
            if face.basis != wanted:
                raise InputError(
                    f"{folder / name} has the basis {face.basis}, the model {wanted}.",
                    "Use the folder as it was trained.",
                    code="bad_face",
                )
        return found
