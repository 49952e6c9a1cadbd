"""Mouth probes on disk: ``mouth_probe.npz``.

Format 2 holds the arrays of :class:`MouthProbe` as 32-bit numbers. Format 1 came before probes of other bases
than ``elocute-head-1``: no basis but that, no pose correctives, a jaw joint that nothing moves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from elocute.finishing.lip_contacts.probe import RIGID, MouthProbe
from elocute.motion.basis import basis_of
from elocute.storage.atomic_write import write_atomically
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays

FORMAT: Final = 2
_FIRST_FORMAT: Final = 1
_DAMAGED: Final = "{path} is damaged or not a mouth probe: {reason}."
_INSTALL_AGAIN: Final = "Install the model again."
_PROBE_FILE: Final = NpzKind(_DAMAGED, "bad_probe", _INSTALL_AGAIN)
_FIRST_ARRAYS: Final = ("rest", "directions", "jaw_weight", "jaw_joint", "teeth")
_ARRAYS: Final = ("axes_rest", "rest", "directions", "correctives", "shapes", "teeth", "cost")


def save_probe(probe: MouthProbe, path: Path) -> None:
    """Write a probe.

    Raises:
        InputError: the file cannot be written.
    """
    arrays: dict[str, Any] = {
        "format": np.int32(FORMAT),
        "basis": np.str_(probe.basis),
        "columns": np.int32(probe.columns),
        **{name: getattr(probe, name).astype(np.float32) for name in _ARRAYS},
    }
    with write_atomically(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def load_probe(path: Path) -> MouthProbe:
    """Read a probe of either format.

    Raises:
        InputError: the file is missing, damaged, or not a probe of a known format.
    """
    arrays = read_arrays(path, _PROBE_FILE)
    with guarded(lambda reason: _PROBE_FILE.error(path, reason)):
        fields = Fields(arrays)
        written = fields.whole("format")
        if written not in (_FIRST_FORMAT, FORMAT):
            raise ValueError("it was written by another version")
        return _first_format(fields) if written == _FIRST_FORMAT else _second_format(fields)


def _second_format(fields: Fields) -> MouthProbe:
    numbers = {name: fields.floats(name).astype(np.float64) for name in _ARRAYS}
    probe = MouthProbe(basis=fields.text("basis"), columns=fields.whole("columns"), **numbers)
    try:
        np.linalg.cholesky(probe.cost)
    except np.linalg.LinAlgError as error:
        raise ValueError("its cost is none") from error
    return probe


def _first_format(fields: Fields) -> MouthProbe:
    """A probe of the stand-in head: single vertices that follow a share of the jaw about a fixed joint."""
    basis = basis_of(fields.text("basis"))
    rest, directions, share, joint, teeth = (fields.floats(name) for name in _FIRST_ARRAYS)
    if any(fields.arrays[name].dtype != np.float32 for name in _FIRST_ARRAYS):
        raise ValueError("its numbers are not of 32 bits")
    points, size, pairs = len(rest), directions.shape[-1], fields.whole("pairs")
    expected = ((points, 3), (points, 3, size), (points,), (3,), (len(teeth), 3))
    for array, shape in zip((rest, directions, share, joint, teeth), expected, strict=True):
        if array.shape != shape or not size:
            raise ValueError(f"an array must be {shape}, not {array.shape}")
    if size not in basis.widths:
        raise ValueError(f"it knows {size} expressions, which the basis has not")
    if pairs not in (1, 2) or not len(teeth) or points <= RIGID + 2 * pairs:
        raise ValueError("points of the mouth are missing")
    if share.min() < 0 or share.max() > 1:
        raise ValueError("jaw_weight must lie in 0..1")
    position, moves, weight = (array.astype(np.float64) for array in (rest, directions, share))
    return MouthProbe(
        basis=basis.name,
        axes_rest=position[:RIGID],
        rest=np.stack([position, weight[:, None] * (position - joint.astype(np.float64))]),
        directions=np.stack([moves, weight[:, None, None] * moves]),
        correctives=np.zeros((2, points, 3, 0)),
        shapes=np.zeros((2, points, 3, 0)),
        teeth=teeth.astype(np.float64),
        columns=pairs,
        cost=np.eye(size),
    )
