"""Read the motion clips that the service returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .fields import Fields
from .npz import guarded, read_arrays, require, require_format

FORMAT: Final = 1
LOWEST_FPS: Final = 0.1
HIGHEST_FPS: Final = 1000.0
STAND_IN: Final = "elocute-head-1"
"""Basis of the stand-in head."""
WITHOUT_TONGUE: Final = 43
"""Expressions of that basis before those of the tongue."""
_PADDED: Final = ("flame", STAND_IN)
_WHAT: Final = "a motion clip"
_ADVICE: Final = "Choose an .npz that Elocute wrote; elocute import makes one of a capture."

Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class Clip:
    """Facial motion at a fixed frame rate. T frames, E expressions of ``basis``, S shape numbers.

    Rotations are axis-angle vectors in radians, x to the character's left, y up, z forward.

    Attributes:
        fps: frames a second.
        basis: the face basis ``expression`` belongs to.
        expression: (T, E) float32 coefficients.
        jaw: (T, 3) float32.
        head: (T, 3) float32, relative to rest.
        neck: (T, 3) float32 or None.
        eyes: (T, 6) float32, left then right, or None.
        shape: (S,) float32 or None.
        meta: JSON facts about how the clip was made.

    Raises:
        ValueError: an array has the wrong shape or holds NaN or infinity.
    """

    fps: float
    basis: str
    expression: Float32Array
    jaw: Float32Array
    head: Float32Array
    neck: Float32Array | None = None
    eyes: Float32Array | None = None
    shape: Float32Array | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not LOWEST_FPS <= self.fps <= HIGHEST_FPS:
            raise ValueError(f"fps must be {LOWEST_FPS:g} to {HIGHEST_FPS:g}, not {self.fps:g}")
        if self.expression.ndim != 2 or not len(self.expression):
            raise ValueError(f"expression must be (T, E) with T > 0, not {self.expression.shape}")
        for name, width in (("jaw", 3), ("head", 3), ("neck", 3), ("eyes", 6)):
            array = getattr(self, name)
            if array is not None and array.shape != (self.frames, width):
                raise ValueError(f"{name} must be ({self.frames}, {width}), not {array.shape}")
        if self.shape is not None and self.shape.ndim != 1:
            raise ValueError(f"shape must be (S,), not {self.shape.shape}")
        for name in ("expression", "jaw", "head", "neck", "eyes", "shape"):
            array = getattr(self, name)
            if array is None:
                continue
            array = np.ascontiguousarray(array, dtype=np.float32)
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds NaN or infinity")
            object.__setattr__(self, name, array)

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return int(self.expression.shape[0])

    def padded(self, expressions: int) -> Clip:
        """The clip with zeros for a basis' further expressions; itself in any other case.

        FLAME's directions are sorted by importance, so that models of motion use the first 50 of 100. The
        stand-in head's first are ARKit's and its last the tongue's: a clip may lack these, and on a head
        that was added before there were any the tongue's are left out.
        """
        missing = expressions - self.expression.shape[1]
        if self.basis == STAND_IN and self.expression.shape[1] > expressions >= WITHOUT_TONGUE:
            return replace(self, expression=self.expression[:, :expressions])
        if missing <= 0 or not self.basis.startswith(_PADDED):
            return self
        return replace(self, expression=np.pad(self.expression, ((0, 0), (0, missing))))

    def since(self, first: int) -> Clip:
        """The clip from a frame on."""
        if not first:
            return self
        return replace(
            self,
            expression=self.expression[first:],
            jaw=self.jaw[first:],
            head=self.head[first:],
            neck=None if self.neck is None else self.neck[first:],
            eyes=None if self.eyes is None else self.eyes[first:],
        )

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps


def read_clip(source: Path | str | bytes) -> Clip:
    """Read a clip from a path or from the bytes of the file.

    Raises:
        UserError: the file is missing, damaged, or not a clip of a known format.
    """
    arrays, name = read_arrays(source, _WHAT, advice=_ADVICE)
    require(arrays, {"format", "fps", "basis", "expression", "jaw", "head"}, name, _WHAT, _ADVICE)
    require_format(arrays, FORMAT, name)
    with guarded(f"{name} is damaged", "Generate the clip again."):
        fields = Fields(arrays)
        optional = {key: fields.floats(key) for key in ("neck", "eyes", "shape") if key in fields}
        return Clip(
            fps=fields.number("fps"),
            basis=fields.text("basis"),
            expression=fields.floats("expression"),
            jaw=fields.floats("jaw"),
            head=fields.floats("head"),
            meta=fields.json("meta") if "meta" in fields else {},
            **optional,
        )
