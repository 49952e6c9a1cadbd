"""Normalisation of motion and shape by the statistics of the training data."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

from elocute.arrays import Array, as_numpy, joined, library, zeros
from elocute.errors import InputError
from elocute.models.diffposetalk.config import DiffPoseTalkConfig, MotionLayout
from elocute.models.diffposetalk.files import BETAS
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays

POSE: Final = 6
_STATS_FILE: Final = NpzKind("{path} is not a statistics file: {reason}.", "bad_stats")


@dataclass(frozen=True)
class MotionStats:
    """Mean and standard deviation, float32: expression (E,), pose (6,) head then jaw, shape (S,).

    Arrays that are normalised and restored are of the same kind as these.
    """

    exp_mean: Array
    exp_std: Array
    pose_mean: Array
    pose_std: Array
    shape_mean: Array
    shape_std: Array

    def check(self, config: DiffPoseTalkConfig, source: str) -> MotionStats:
        """Return self if it fits the model.

        Raises:
            InputError: wrong sizes, NaN, or a zero deviation of a number that the model uses.
        """
        sizes = {"exp": config.layout.expression, "pose": POSE, "shape": config.denoiser.shape_dim}
        for item in fields(self):
            value: Array = getattr(self, item.name)
            expected = sizes[item.name.split("_")[0]]
            if value.shape != (expected,):
                raise InputError(
                    f"The statistics {source} do not fit the model: {item.name} has "
                    f"{'x'.join(map(str, value.shape))} numbers, not {expected}.",
                    "Give the stats_train.npz that belongs to this checkpoint.",
                    code="bad_stats",
                )
            if not library(value).isfinite(value).all():
                raise InputError(
                    f"The statistics {source} hold NaN or infinity in {item.name}.", code="bad_stats"
                )
        used = joined([self.exp_std, self.shape_std, self.pose_std[pose_columns(config.layout)]], 0)
        if not (used > 0).all():
            raise InputError(
                f"The statistics {source} hold a deviation that is not positive.", code="bad_stats"
            )
        return self

    @classmethod
    def load_npz(cls, path: Path) -> MotionStats:
        """Read the official ``stats_train.npz``, as tensors.

        Raises:
            InputError: missing, damaged, or without the six arrays.
        """
        import torch

        names = [item.name for item in fields(cls)]
        arrays = read_arrays(path, _STATS_FILE, names=names)
        if absent := [name for name in names if name not in arrays]:
            raise InputError(
                f"{path} holds no motion statistics: it lacks {', '.join(absent)}.", code="bad_stats"
            )
        with guarded(lambda reason: _STATS_FILE.error(path, reason)):
            found = Fields(arrays)
            return cls(**{name: torch.from_numpy(found.floats(name, finite=False)) for name in names})

    def arrays(self) -> MotionStats:
        """The same as NumPy arrays."""
        return MotionStats(**{item.name: as_numpy(getattr(self, item.name)) for item in fields(self)})

    def to_tensors(self) -> dict[str, Array]:
        """Name -> tensor, for saving."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def normalise_motion(
        self, expression: Array, pose: Array, layout: MotionLayout, head: int | None = None
    ) -> Array:
        """Expression (T, E) and pose (T, 6) -> (T, D) numbers as the model sees them.

        ``head`` overrides the layout's, for a style encoder that reads no head motion.
        """
        columns = pose_columns(layout if head is None else replace(layout, head=head))
        exp = (expression - self.exp_mean) / self.exp_std
        moved = (pose[:, columns] - self.pose_mean[columns]) / self.pose_std[columns]
        return joined([exp, moved], -1)

    def restore_motion(self, motion: Array, layout: MotionLayout) -> tuple[Array, Array]:
        """(..., T, D) model numbers -> expression (..., T, E), pose (..., T, 6) in radians.

        Jaw axes that the model does not hold get the training mean. A model without head motion gives
        exactly 0 there.
        """
        count = layout.expression
        expression = motion[..., :count] * self.exp_std + self.exp_mean
        pose = zeros((*motion.shape[:-1], POSE), motion)
        pose[..., pose_columns(layout)] = motion[..., count:]
        pose = pose * self.pose_std + self.pose_mean
        if not layout.head:
            pose[..., :3] = 0
        return expression, pose

    def normalise_shape(self, shape: Array) -> Array:
        """(S,) identity coefficients as the model sees them."""
        return (shape - self.shape_mean) / self.shape_std


def pose_columns(layout: MotionLayout) -> list[int]:
    """Columns of a pose (head 3, jaw 3) that a model's frames hold."""
    return [*range(layout.head), *range(3, 3 + layout.jaw)]


def stats_shapes(config: DiffPoseTalkConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes of what lies in ``stats.safetensors``."""
    sizes = {"exp": config.layout.expression, "pose": POSE, "shape": config.denoiser.shape_dim}
    shapes: dict[str, tuple[int, ...]] = {
        f"{name}_{part}": (size,) for name, size in sizes.items() for part in ("mean", "std")
    }
    return {**shapes, BETAS: (config.steps,)}
