"""Styles: made from motion, read from files or a model's presets, blended."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array, as_numpy
from elocute.behaviour.curve_shapes import smoothstep
from elocute.checkpoint.folder import preset_names, style_path
from elocute.checkpoint.vector import read_vector
from elocute.errors import InputError, SettingsError
from elocute.models.diffposetalk.description import NULL
from elocute.models.diffposetalk.engine import ModelParts
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.storage.atomic_write import write_atomically
from elocute.style_blend import parse_blend
from elocute.style_curve import parse_curve

Vector = NDArray[np.float32]


def extract_style(model: ModelParts, clip: MotionClip, start: int = 0) -> Vector:
    """The style of one window of a clip.

    Args:
        model: a model with a style encoder.
        clip: motion in the model's basis and frame rate.
        start: first frame of the window; a clip that ends earlier gives a shorter window.

    Returns:
        (style_dim,) float32.

    Raises:
        InputError: the clip has another basis, rate or number of expressions.
        SettingsError: the model has no style encoder, or ``start`` is outside the clip.
    """
    config, encoder = model.config, model.config.style_encoder
    if encoder is None or not model.encodes_styles:
        raise SettingsError(
            f"The model {model.name} has no style encoder.", "Convert it with --style-encoder."
        )
    read = config.layout.expression
    given = clip.expression.shape[1]
    # A tongue that came after the model's own expressions says nothing about a style.
    known = basis_of(config.basis).widths
    tongue = given in known and read in known and read < given
    if clip.basis != config.basis or (given != read and not tongue):
        raise InputError(
            f"The motion has {given} expressions of {clip.basis}; the model reads {read} of {config.basis}.",
            code="bad_clip",
        )
    if clip.fps != config.fps:
        raise InputError(
            f"The motion has {clip.fps:g} frames a second; the model reads {config.fps:g}.", code="bad_clip"
        )
    if not 0 <= start < clip.frames:
        raise SettingsError(f"The motion has frames 0 to {clip.frames - 1}; there is no frame {start}.")
    window = slice(start, start + encoder.motions)
    pose = np.concatenate([clip.head[window], clip.jaw[window]], axis=1)
    expression, stats = clip.expression[window, :read], model.stats.arrays()
    motion = stats.normalise_motion(expression, pose, config.layout, head=encoder.head)
    return model.encode_style(motion)


def style_content(style: Array, meta: Mapping[str, Any]) -> bytes:
    """Content of a style file: ``.npz`` with arrays ``style`` and ``meta`` (JSON)."""
    stream = io.BytesIO()
    np.savez(stream, style=as_numpy(style), meta=np.str_(json.dumps(dict(meta))))
    return stream.getvalue()


def save_style(path: Path, style: Array, meta: Mapping[str, Any]) -> None:
    """Write a style file.

    Raises:
        InputError: it cannot be written.
    """
    with write_atomically(path) as temporary:
        temporary.write_bytes(style_content(style, meta))


def read_style(text: str | None, files: Mapping[str, bytes], model: ModelParts) -> Vector | None:
    """A style from what a user wrote.

    Args:
        text: see :func:`~elocute.style_blend.parse_blend`; None or ``null`` for no style.
        files: contents of style files, by the name that ``text`` calls them.
        model: has its presets and its learned null style.

    Returns:
        (style_dim,) float32, or None for no style.

    Raises:
        InputError: a file is not a style of this length.
        SettingsError: the model has no styles, or none of that name; or weights are not positive numbers.
    """
    size = model.config.denoiser.style_dim
    if text is None:
        return None
    if not size:
        raise SettingsError(
            f"The model {model.name} has no styles.", "Leave the style out.", code="unknown_style"
        )
    parts = parse_blend(text)
    if len(parts) == 1 and parts[0].name == NULL:
        return None
    blend = np.zeros(size, np.float32)
    for part in parts:
        blend += part.weight * _find_style(part.name, files, model, size)
    return blend


def read_style_curve(
    text: str, files: Mapping[str, bytes], model: ModelParts, intensity: float, frames: int
) -> Vector:
    """Styles with intensities that follow each other: (T, style_dim) float32 for ``frames`` frames.

    Intensity 0 is the default style, 1 the style itself; between and beyond, vectors are interpolated.
    From one style to the next the way is smooth (3x² - 2x³), as in the ``rules`` model.

    Args:
        text: see :func:`~elocute.style_curve.parse_curve`.
        files: as for :func:`read_style`.
        model: as for :func:`read_style`.
        intensity: of the styles that name none.
        frames: of the clip T.

    Raises:
        InputError: a file is not a style of this length.
        SettingsError: the model has no such style, or the text cannot be read.
    """
    size = model.config.denoiser.style_dim
    keys = parse_curve(text)
    rows = []
    for key in keys:
        amount = intensity if key.intensity is None else key.intensity
        rows.append(at_intensity(_find_style(key.name, files, model, size), amount, model))
    moments = (np.arange(frames) + 0.5) / model.config.fps
    times = np.array([key.seconds for key in keys])
    place = np.interp(moments, times, np.arange(len(keys))) if len(keys) > 1 else np.zeros(frames)
    before = np.floor(place).astype(np.int64)
    share = smoothstep(place - before).astype(np.float32)[:, None]
    styles = np.stack([*rows, rows[-1]])
    track: Vector = styles[before] * (1 - share) + styles[before + 1] * share
    return track


def at_intensity(style: Vector, intensity: float, model: ModelParts) -> Vector:
    """A style (style_dim,) at an intensity: 0 is the model's default style, 1 the style itself."""
    if intensity == 1.0:
        return style
    default = model.config.sampling.style
    rest = np.zeros_like(style) if default is None else _find_style(default, {}, model, len(style))
    return rest + intensity * (style - rest)


def _find_style(name: str, files: Mapping[str, bytes], model: ModelParts, size: int) -> Vector:
    if name in files:
        return _vector(files[name], name, size)
    if name == NULL:
        null = model.null_style
        if null is None:
            raise SettingsError(f"The model {model.name} has no learned null style.", code="unknown_style")
        return null
    presets = () if model.folder is None else preset_names(model.folder)
    if name in presets and model.folder is not None:
        path = style_path(model.folder, name)
        return _vector(path, str(path), size)
    known = f"The model has {', '.join(presets)}." if presets else "The model has no presets."
    raise SettingsError(f"There is no style {name}.", known, code="unknown_style")


def _vector(source: Path | bytes, name: str, size: int) -> Vector:
    vector = read_vector(source, "style", name)
    if len(vector) != size:
        raise InputError(
            f"The style {name} has {len(vector)} numbers; the model takes {size}.", code="bad_style"
        )
    return vector
