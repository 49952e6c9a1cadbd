"""Which keys of a take the user has set by hand: those that are not as they were written.

What was written is kept with the action, as the frame and a checksum of every key.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.steps import Steps, aside, run
from .. import version_compat

_WRITTEN_KEY: Final = "elocute_written_keys"
Float32Array = NDArray[np.float32]
HandKeys = list[tuple[bpy.types.FCurve, NDArray[np.bool_]]]
Written = Mapping[str, tuple[Float32Array, NDArray[np.uint16]]]
"""Name of a curve -> frames of its keys, checksums of their values."""


def places_of(curve: bpy.types.FCurve) -> Float32Array:
    """(N, 2) frames and values of a curve's keys."""
    places = np.empty(2 * len(curve.keyframe_points), np.float32)
    curve.keyframe_points.foreach_get("co", places)
    return places.reshape(-1, 2)


def remember_written_in_steps(
    action: bpy.types.Action, origin: bpy.types.Action | None = None
) -> Steps[None]:
    """Note that the keys of an action are as they were written, one curve a step.

    Args:
        action: the action.
        origin: one that it was copied from; what is by hand there is so here.
    """
    hands: dict[str, Float32Array] = {}
    if origin is not None:
        named = [name for name, _ in _named(origin)]
        found = yield from keys_by_hand_in_steps(origin)
        for name, (curve, by_hand) in zip(named, found, strict=True):
            if by_hand.any():
                hands[name] = places_of(curve)[by_hand, 0]
    head: list[tuple[str, int]] = []
    frames, sums = list[Float32Array](), list[NDArray[np.uint16]]()
    for name, curve in _named(action):
        places = places_of(curve)
        if name in hands:
            places = places[~np.isin(places[:, 0], hands[name])]
        head.append((name, len(places)))
        frames.append(np.ascontiguousarray(places[:, 0]))
        sums.append(_sums(places[:, 1]))
        yield 0.0
        check_there(action)
    told = json.dumps(head).encode()
    parts = [
        len(told).to_bytes(4, "little"),
        told,
        *(f.tobytes() for f in frames),
        *(s.tobytes() for s in sums),
    ]
    packed = yield from aside(lambda: zlib.compress(b"".join(parts), 1))  # half an hour has millions of keys
    if action.get(_WRITTEN_KEY) is not None:
        del action[_WRITTEN_KEY]  # written over, bytes would end at their first zero
    action[_WRITTEN_KEY] = packed


def written_in(action: bpy.types.Action) -> Written:
    """What was written to an action; empty where that is not known."""
    content: Any = action.get(_WRITTEN_KEY)
    if not isinstance(content, bytes):
        return {}
    try:
        plain = zlib.decompress(content)
        length = int.from_bytes(plain[:4], "little")
        head = json.loads(plain[4 : 4 + length])
        total = sum(int(count) for _, count in head)
        body = plain[4 + length :]
        frames = np.frombuffer(body[: 4 * total], np.float32)
        sums = np.frombuffer(body[4 * total : 6 * total], np.uint16)
        ends = np.cumsum([0, *(int(count) for _, count in head)])
        return {
            str(name): (frames[first:last], sums[first:last])
            for (name, _), first, last in zip(head, ends[:-1], ends[1:], strict=True)
        }
    except (zlib.error, ValueError, TypeError):  # changed by something else than Elocute: as good as none
        return {}


def keys_by_hand(action: bpy.types.Action) -> HandKeys:
    """See :func:`keys_by_hand_in_steps`."""
    return run(keys_by_hand_in_steps(action))


def keys_by_hand_in_steps(action: bpy.types.Action) -> Steps[HandKeys]:
    """Each curve of an action, and (N,) which of its keys were set, moved or changed by hand; one a step.

    None where nothing is known of what was written, as in files of earlier versions.
    """
    written = written_in(action)
    found = []
    for name, curve in _named(action):
        places = places_of(curve)
        by_hand = np.full(len(places), bool(written))
        if name in written and len(written[name][0]):
            frames, sums = written[name]
            index = np.clip(np.searchsorted(frames, places[:, 0]), 0, len(frames) - 1)
            by_hand = (frames[index] != places[:, 0]) | (sums[index] != _sums(places[:, 1]))
        found.append((curve, by_hand))
        yield 0.0
        check_there(action)
    return found


def check_there(action: bpy.types.Action) -> None:
    """ReferenceError where an action was deleted at a step; its curves would not tell."""
    _ = action.session_uid


def _named(action: bpy.types.Action) -> list[tuple[str, bpy.types.FCurve]]:
    """Curves by what they animate; several meshes may have shape keys of the same names."""
    seen: dict[str, int] = {}
    named = []
    for curve in version_compat.curves_in(action):
        name = f"{curve.data_path}|{curve.array_index}"
        seen[name] = seen.get(name, 0) + 1
        named.append((f"{name}|{seen[name]}", curve))
    return named


def _sums(values: Float32Array) -> NDArray[np.uint16]:
    bits = np.ascontiguousarray(values).view(np.uint32).astype(np.uint64)
    mixed = (bits * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(48)
    return mixed.astype(np.uint16)
