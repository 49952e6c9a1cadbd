"""Styles: made from motion, found among files or a model's presets, blended, at any intensity."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping

import numpy as np

from elocute.behaviour.curve_shapes import smoothstep
from elocute.checkpoint.folder import preset_names, style_path
from elocute.errors import InputError, SettingsError
from elocute.models.diffposetalk.description import NULL
from elocute.models.diffposetalk.engine import ModelParts
from elocute.models.diffposetalk.style_file import StyleFile, Vector, read_style_file
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.style_blend import parse_blend
from elocute.style_curve import parse_curve


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


def read_style(
    text: str | None, files: Mapping[str, bytes], model: ModelParts, intensity: float = 1.0
) -> Vector | None:
    """A style from what a user wrote.

    Args:
        text: see :func:`~elocute.style_blend.parse_blend`; None or ``null`` for no style.
        files: contents of style files, by the name that ``text`` calls them.
        model: has its presets and its learned null style.
        intensity: 0 is the model's default style, 1 the style itself; see :func:`_at_intensity`.

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
        blend += part.weight * _at_intensity(_find_style(part.name, files, model, size), intensity, model)
    return blend


def read_style_curve(
    text: str, files: Mapping[str, bytes], model: ModelParts, intensity: float, frames: int
) -> Vector:
    """Styles with intensities that follow each other: (T, style_dim) float32 for ``frames`` frames.

    Intensity 0 is the default style, 1 the style itself (:func:`_at_intensity`). From one style to the next
    the way is smooth (3x² - 2x³), as in the ``rules`` model.

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
        rows.append(_at_intensity(_find_style(key.name, files, model, size), amount, model))
    moments = (np.arange(frames) + 0.5) / model.config.fps
    times = np.array([key.seconds for key in keys])
    place = np.interp(moments, times, np.arange(len(keys))) if len(keys) > 1 else np.zeros(frames)
    before = np.floor(place).astype(np.int64)
    share = smoothstep(place - before).astype(np.float32)[:, None]
    styles = np.stack([*rows, rows[-1]])
    track: Vector = styles[before] * (1 - share) + styles[before + 1] * share
    return track


def _at_intensity(style: StyleFile, intensity: float, model: ModelParts) -> Vector:
    """A style (style_dim,) at an intensity: 0 is the model's default style, 1 the style itself.

    Between what the style tells of other intensities vectors are interpolated, beyond they go on straight.
    """
    if intensity == 1.0:
        return style.vector
    default, size = model.config.sampling.style, len(style.vector)
    rest: Vector = np.zeros(size, np.float32)
    if default is not None:
        rest = _find_style(default, {}, model, size).vector
    known = sorted({0.0: rest, 1.0: style.vector, **style.steps}.items(), key=lambda pair: pair[0])
    place = min(max(bisect([amount for amount, _ in known], intensity), 1), len(known) - 1)
    (low, before), (high, after) = known[place - 1 : place + 1]
    share = (intensity - low) / (high - low)
    between: Vector = (before + share * (after - before)).astype(np.float32)
    return between


def _find_style(name: str, files: Mapping[str, bytes], model: ModelParts, size: int) -> StyleFile:
    if name in files:
        return read_style_file(files[name], name, size)
    if name == NULL:
        null = model.null_style
        if null is None:
            raise SettingsError(f"The model {model.name} has no learned null style.", code="unknown_style")
        return StyleFile(null)
    presets = () if model.folder is None else preset_names(model.folder)
    if name in presets and model.folder is not None:
        path = style_path(model.folder, name)
        return read_style_file(path, str(path), size)
    known = f"The model has {', '.join(presets)}." if presets else "The model has no presets."
    raise SettingsError(f"There is no style {name}.", known, code="unknown_style")
