"""Styles: made from motion, found among files or a model's presets, blended, at any intensity."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elocute.behaviour.style_shares import shares_of
from elocute.checkpoint.folder import STYLE_SUFFIX, STYLES, missing_part, preset_names, style_path
from elocute.errors import InputError, SettingsError
from elocute.models.diffposetalk.description import NULL
from elocute.models.diffposetalk.engine import ModelParts
from elocute.models.diffposetalk.style_file import StyleFile, Vector, read_style_file
from elocute.models.diffposetalk.style_mix import StyleMix
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.style_blend import StylePart, parse_blend
from elocute.style_curve import changes, parse_curve

FloatArray = NDArray[np.float64]


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
            f"Give a clip that {model.name}, or another model of its basis, made.",
            code="bad_clip",
        )
    if clip.fps != config.fps:
        raise InputError(
            f"The motion has {clip.fps:g} frames a second; the model reads {config.fps:g}.",
            f"Give a clip of {config.fps:g} frames a second, or the recording of a face, which is resampled.",
            code="bad_clip",
        )
    if not 0 <= start < clip.frames:
        raise SettingsError(
            f"The motion has frames 0 to {clip.frames - 1}; there is no frame {start}.",
            "Begin at one of them.",
        )
    window = slice(start, start + encoder.motions)
    pose = np.concatenate([clip.head[window], clip.jaw[window]], axis=1)
    expression, stats = clip.expression[window, :read], model.stats.arrays()
    motion = stats.normalise_motion(expression, pose, config.layout, head=encoder.head)
    return model.encode_style(motion)


def read_style(
    text: str | None,
    files: Mapping[str, bytes],
    model: ModelParts,
    intensity: float | FloatArray = 1.0,
    frames: int = 1,
) -> Vector | StyleMix | None:
    """A style from what a user wrote.

    From one style to the next the way is smooth (3x² - 2x³), as in the ``rules`` model. Intensity 0 is the
    model's default style, 1 the style itself. At other intensities a style is what its file tells of them;
    where it tells nothing, predictions for it and for the default style are mixed, beyond 1 with shares
    beyond 1.

    Args:
        text: see :func:`~elocute.style_blend.parse_blend` and :func:`~elocute.style_curve.parse_curve`; None
            or ``null`` for no style.
        files: contents of style files, by the name that ``text`` calls them.
        model: has its presets and its learned null style.
        intensity: of the styles that name none, throughout or (T,) for each frame.
        frames: of the clip T; counts only where something changes.

    Returns:
        (style_dim,) float32, a mixture where more than one vector is needed, or None for no style.

    Raises:
        InputError: a file is not a style of this length.
        SettingsError: the model has no styles, or none of that name; the text cannot be read, or has weights
            that are not positive numbers, or changes where the model's style cannot.
    """
    if text is None:
        return None
    config = model.config
    if not config.denoiser.style_dim:
        raise SettingsError(
            f"The model {model.name} has no styles.", "Leave the style out.", code="unknown_style"
        )
    parts: list[tuple[Vector, FloatArray]] = []
    if config.local is not None and text not in files and changes(text):
        keys = parse_curve(text)
        for key, share in zip(keys, shares_of(keys, frames, config.fps).T, strict=True):
            amount = intensity if key.intensity is None else key.intensity
            parts += _parts(_Look.of(key.name, files, model), amount, share)
    else:
        blend = parse_blend(text)
        if len(blend) == 1 and blend[0].name == NULL:
            return None
        parts += _parts(_Look.blended(blend, files, model), intensity, np.ones(frames))
    mix = StyleMix.of(parts)
    return mix if mix.constant is None else mix.constant


@dataclass(frozen=True)
class _Look:
    """A style at any intensity.

    Attributes:
        vectors: intensity, from 0 on, rising -> (style_dim,).
        told: whether a file tells of other intensities than 0 and 1.
    """

    vectors: Mapping[float, Vector]
    told: bool

    @classmethod
    def of(cls, name: str, files: Mapping[str, bytes], model: ModelParts) -> _Look:
        return cls.blended((StylePart(name, 1.0),), files, model)

    @classmethod
    def blended(cls, parts: Sequence[StylePart], files: Mapping[str, bytes], model: ModelParts) -> _Look:
        default, size = model.config.sampling.style, model.config.denoiser.style_dim
        rest: Vector = np.zeros(size, np.float32)
        if default is not None:
            rest = _find_style(default, {}, model, size).vector
        styles = [(part.weight, _find_style(part.name, files, model, size)) for part in parts]
        amounts = sorted({0.0, 1.0, *(amount for _, style in styles for amount in style.steps)})
        vectors = {}
        for amount in amounts:
            blend = np.zeros(size, np.float32)
            for weight, style in styles:
                blend += weight * _at_intensity(style, rest, amount)
            vectors[amount] = blend
        return cls(vectors, len(amounts) > 2)

    def at(self, amount: float) -> Vector:
        """(style_dim,) at an intensity: interpolated between what is told, beyond on a straight line."""
        if amount in self.vectors:
            return self.vectors[amount]
        return _interpolated(self.vectors, amount)


def _parts(
    look: _Look, intensity: float | FloatArray, share: FloatArray
) -> Iterator[tuple[Vector, FloatArray]]:
    """A style's vectors and their shares, which add up to ``share`` (T,)."""
    if not isinstance(intensity, np.ndarray) and (look.told or intensity in look.vectors):
        yield look.at(intensity), share
        return
    amounts = np.broadcast_to(np.asarray(intensity, np.float64), share.shape)
    known = np.array(list(look.vectors))
    place = np.clip(np.searchsorted(known, amounts, side="right"), 1, len(known) - 1)
    upper = (amounts - known[place - 1]) / (known[place] - known[place - 1])
    for number, vector in enumerate(look.vectors.values()):
        weight = np.where(place == number, upper, np.where(place - 1 == number, 1.0 - upper, 0.0))
        yield vector, share * weight


def _at_intensity(style: StyleFile, rest: Vector, intensity: float) -> Vector:
    """A style (style_dim,) at an intensity: 0 is ``rest``, 1 the style itself."""
    if intensity == 1.0:
        return style.vector
    return _interpolated({0.0: rest, 1.0: style.vector, **style.steps}, intensity)


def _interpolated(vectors: Mapping[float, Vector], intensity: float) -> Vector:
    """Between vectors of known intensities, straight on beyond them."""
    known = sorted(vectors.items(), key=lambda pair: pair[0])
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
    if name == model.config.sampling.style and model.folder is not None:
        raise missing_part(model.folder, f"{STYLES}/{name}{STYLE_SUFFIX}")
    known = f"The model has {', '.join(presets)}." if presets else "The model has no presets."
    raise SettingsError(f"There is no style {name}.", known, code="unknown_style")
