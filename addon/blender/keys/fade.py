"""How much a strip plays over time: its own fades and its keyed influence, kept while it is silent."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import bpy

_WORDS: Final = ("interpolation", "handle_left_type", "handle_right_type", "easing")
_DAMAGED: Final = (ValueError, TypeError, LookupError, AttributeError)


@dataclass(frozen=True)
class Fade:
    """A strip's influence.

    Attributes:
        keyed: whether it is keyed; else the strip plays wholly, but for ``begins`` and ``ends``.
        influence: the number beside the keys.
        begins: frames in which the strip is faded in, where its influence is not keyed.
        ends: frames in which it is faded out.
        overlaps: whether Blender makes the last two of how strips overlap.
        points: frame, value, frame and value of both handles of each key.
        words: of each key: interpolation, types of the handles, easing.
    """

    keyed: bool = False
    influence: float = 0.0
    begins: float = 0.0
    ends: float = 0.0
    overlaps: bool = False
    points: tuple[tuple[float, ...], ...] = ()
    words: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """As a custom property can hold it."""
        return json.dumps(asdict(self))

    def moved(self, by: float) -> Fade:
        """The same for a strip whose keys stand so many frames later."""
        points = tuple((x + by, y, left + by, a, right + by, b) for x, y, left, a, right, b in self.points)
        return replace(self, points=points)


def fade_of(strip: bpy.types.NlaStrip) -> Fade:
    """A strip's influence as it is."""
    curve = _curve(strip) if strip.use_animated_influence else None
    points = list(curve.keyframe_points) if curve is not None else []
    return Fade(
        strip.use_animated_influence,
        strip.influence,
        strip.blend_in,
        strip.blend_out,
        strip.use_auto_blend,
        tuple(_numbers(point) for point in points),
        tuple(tuple(str(getattr(point, word)) for word in _WORDS) for point in points),
    )


def read_fade(text: object) -> Fade | None:
    """What :attr:`Fade.text` was; None where it was damaged, or there is none."""
    try:
        told: dict[str, Any] = json.loads(str(text))
        points = tuple(tuple(float(number) for number in point) for point in told["points"])
        words = tuple(tuple(str(word) for word in own) for own in told["words"])
        influence, begins, ends = (float(told[name]) for name in ("influence", "begins", "ends"))
        fade = Fade(bool(told["keyed"]), influence, begins, ends, bool(told["overlaps"]), points, words)
        return fade if len(points) == len(words) and all(len(point) == 6 for point in points) else None
    except _DAMAGED:
        return None


def play_as(strip: bpy.types.NlaStrip, fade: Fade) -> None:
    """Let a strip play as much as it did."""
    strip.use_auto_blend = fade.overlaps
    if not fade.overlaps:
        strip.blend_in, strip.blend_out = fade.begins, fade.ends
    if fade.keyed:
        play_alone(strip, 1.0)
        write_points(strip, fade)
        strip.influence = fade.influence
    else:
        play_alone(strip, 1.0)  # what stands beside a fade that is not keyed plays once it is
        strip.use_animated_influence = False


def play_alone(strip: bpy.types.NlaStrip, influence: float) -> None:
    """Let a strip play as much as a number says; Blender asks for a curve of it where it is not 1."""
    strip.use_animated_influence = True
    curve = _curve(strip)
    if curve is not None and len(curve.keyframe_points):
        for point in curve.keyframe_points:
            point.co.y = point.handle_left.y = point.handle_right.y = influence
        curve.update()
    strip.influence = influence


def write_points(strip: bpy.types.NlaStrip, fade: Fade) -> None:
    """Key a strip's animated influence as a fade says; it stays as it is where that has no keys."""
    curve = _curve(strip)
    if not fade.points or curve is None:
        return
    curve.keyframe_points.clear()
    curve.keyframe_points.add(len(fade.points))
    for point, words, numbers in zip(curve.keyframe_points, fade.words, fade.points, strict=True):
        for word, value in zip(_WORDS, words, strict=True):
            setattr(point, word, value)
        point.co, point.handle_left, point.handle_right = numbers[:2], numbers[2:4], numbers[4:]
    curve.update()


def as_keys(strip: bpy.types.NlaStrip, fade: Fade) -> Fade:
    """The same with keys, for a strip that is to play as this one; without any where it plays wholly."""
    if fade.keyed or not (fade.begins or fade.ends):
        return fade
    begin, end = strip.frame_start, strip.frame_end
    steps = {begin: 0.0 if fade.begins else 1.0, begin + fade.begins: 1.0}
    steps |= {max(end - fade.ends, begin + fade.begins): 1.0, end: 0.0 if fade.ends else 1.0}
    places = sorted(steps.items())
    points = tuple((x, y, x - 1 / 3, y, x + 1 / 3, y) for x, y in places)
    return Fade(True, 1.0, points=points, words=(("LINEAR", "VECTOR", "VECTOR", "AUTO"),) * len(places))


def first_key(strip: bpy.types.NlaStrip) -> float | None:
    """Frame of the first key of a strip's influence."""
    curve = _curve(strip)
    return float(curve.keyframe_points[0].co.x) if curve is not None and len(curve.keyframe_points) else None


def _numbers(point: bpy.types.Keyframe) -> tuple[float, ...]:
    own, left, right = point.co, point.handle_left, point.handle_right
    return own.x, own.y, left.x, left.y, right.x, right.y


def _curve(strip: bpy.types.NlaStrip) -> bpy.types.FCurve | None:
    return next((curve for curve in strip.fcurves if curve.data_path == "influence"), None)
