"""Binary glTF 2.0 files: nodes and one animation written whole, nodes and an animation read within bounds.

Khronos Group, glTF 2.0 Specification, chapters "Binary glTF", "Accessors" and "Animations".
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elocute.storage.json_text import parse_json

Float64Array = NDArray[np.float64]

MAGIC: Final = b"glTF"
_VERSION: Final = 2
_JSON, _BIN = 0x4E4F534A, 0x004E4942
_FLOAT: Final = 5126
_WIDTHS: Final = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
_NUMBERS: Final[dict[int, tuple[np.dtype[Any], float]]] = {
    _FLOAT: (np.dtype("<f4"), 1.0),
    5120: (np.dtype("<i1"), 127.0),
    5121: (np.dtype("<u1"), 255.0),
    5122: (np.dtype("<i2"), 32767.0),
    5123: (np.dtype("<u2"), 65535.0),
}
"""Kinds of components, and what stands for 1 where they are normalised."""
WEIGHTS: Final = "weights"
"""The property of a node that moves the shapes of its mesh."""
_KINDS: Final = {"translation": "VEC3", "rotation": "VEC4", WEIGHTS: "SCALAR"}
"""Properties of nodes that are read, and what a key of them is made of."""
_ROUNDING: Final = 1e-6
_LARGEST: Final = 1e6
"""Of a number in an animation: metres, shares of a shape."""
_SHOWN: Final = 60
_MOST: Final = 8_000_000
"""Numbers or rows of them in one channel: 52 shapes for an hour and a half at 25 keys a second."""


@dataclass
class Writer:
    """Collects nodes and curves.

    Attributes:
        nodes: as in the file; indices are their places.
    """

    nodes: list[dict[str, Any]] = field(default_factory=list)
    _accessors: list[dict[str, Any]] = field(default_factory=list)
    _views: list[dict[str, Any]] = field(default_factory=list)
    _data: bytearray = field(default_factory=bytearray)
    _samplers: list[dict[str, Any]] = field(default_factory=list)
    _channels: list[dict[str, Any]] = field(default_factory=list)

    def node(self, name: str, parent: int | None = None, translation: ArrayLike = (0.0, 0.0, 0.0)) -> int:
        """Add a node and return its index."""
        index = len(self.nodes)
        self.nodes.append({"name": name, "translation": np.asarray(translation, float).tolist()})
        if parent is not None:
            self.nodes[parent].setdefault("children", []).append(index)
        return index

    def times(self, seconds: Float64Array) -> int:
        """Add the times of keys and return their accessor."""
        accessor = self._accessor(seconds[:, None], "SCALAR")
        # The smallest and the largest of the numbers as they are stored.
        stored = seconds.astype("<f4").astype(float)
        self._accessors[accessor] |= {"min": [stored.min()], "max": [stored.max()]}
        return accessor

    def curve(self, node: int, path: str, times: int, values: Float64Array) -> None:
        """Animate a node: (T, 3) translations or (T, 4) rotations x, y, z, w at the times."""
        output = self._accessor(values, "VEC3" if path == "translation" else "VEC4")
        self._channels.append({"sampler": len(self._samplers), "target": {"node": node, "path": path}})
        self._samplers.append({"input": times, "output": output, "interpolation": "LINEAR"})

    def content(self, extension: str, value: Mapping[str, Any], roots: Sequence[int]) -> bytes:
        """The file.

        Args:
            extension: name of the one that the file uses.
            value: what it says.
            roots: nodes of the scene.
        """
        described = {
            "asset": {"version": "2.0", "generator": "Elocute"},
            "extensionsUsed": [extension],
            "extensions": {extension: value},
            "scene": 0,
            "scenes": [{"nodes": list(roots)}],
            "nodes": self.nodes,
            "animations": [{"channels": self._channels, "samplers": self._samplers}],
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": len(self._data)}],
        }
        text = json.dumps(described, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        data = bytes(self._data) + bytes(-len(self._data) % 4)
        total = 12 + 8 + len(text) + 8 + len(data)
        return b"".join(
            [
                struct.pack("<4sII", MAGIC, _VERSION, total),
                struct.pack("<II", len(text), _JSON) + text,
                struct.pack("<II", len(data), _BIN) + data,
            ]
        )

    def _accessor(self, values: Float64Array, kind: str) -> int:
        data = np.ascontiguousarray(values, "<f4").tobytes()
        self._views.append({"buffer": 0, "byteOffset": len(self._data), "byteLength": len(data)})
        self._data += data
        self._accessors.append(
            {
                "bufferView": len(self._views) - 1,
                "componentType": _FLOAT,
                "count": len(values),
                "type": kind,
            }
        )
        return len(self._accessors) - 1


@dataclass(frozen=True)
class Curve:
    """Keys of one property of a node.

    Attributes:
        times: (K,) seconds, ascending.
        values: (K, W), or (K, 3, W) with tangents for a cubic spline.
        interpolation: LINEAR, STEP or CUBICSPLINE.
        turns: whether the values are quaternions, between which LINEAR goes along the sphere.
    """

    times: Float64Array
    values: Float64Array
    interpolation: str
    turns: bool = False

    def at(self, seconds: Float64Array) -> Float64Array:
        """(T, W) values; the first before the first key, the last after the last."""
        times = self.times
        if len(times) == 1 or self.interpolation == "STEP":
            keys = self.values[:, 1] if self.interpolation == "CUBICSPLINE" else self.values
            reached = seconds + _ROUNDING * (1.0 + seconds)  # keys lie where single precision puts them
            found: Float64Array = keys[np.clip(np.searchsorted(times, reached, "right") - 1, 0, None)]
            return found
        left = np.clip(np.searchsorted(times, seconds, "right") - 1, 0, len(times) - 2)
        length = times[left + 1] - times[left]
        share = np.clip((seconds - times[left]) / np.where(length > 0, length, 1.0), 0.0, 1.0)[:, None]
        if self.interpolation == "CUBICSPLINE":
            return self._cubic(left, length[:, None], share)
        before, after = self.values[left], self.values[left + 1]
        if self.turns:
            return _slerp(before, after, share)
        between: Float64Array = before + share * (after - before)
        return between

    def _cubic(self, left: NDArray[np.int64], length: Float64Array, t: Float64Array) -> Float64Array:
        """Hermite's polynomials of the specification's appendix on interpolation."""
        before, after = self.values[left], self.values[left + 1]
        between: Float64Array = (
            (2 * t**3 - 3 * t**2 + 1) * before[:, 1]
            + length * (t**3 - 2 * t**2 + t) * before[:, 2]
            + (3 * t**2 - 2 * t**3) * after[:, 1]
            + length * (t**3 - t**2) * after[:, 0]
        )
        return between


def _slerp(before: Float64Array, after: Float64Array, share: Float64Array) -> Float64Array:
    """Spherical interpolation along the shorter way; of what is nearly the same, straight."""
    cosine = np.sum(before * after, axis=1, keepdims=True)
    after = np.where(cosine < 0, -after, after)
    angle = np.arccos(np.clip(np.abs(cosine), 0.0, 1.0))
    sine = np.sin(angle)
    near = sine < 1e-6
    safe = np.where(near, 1.0, sine)
    first = np.where(near, 1 - share, np.sin((1 - share) * angle) / safe)
    second = np.where(near, share, np.sin(share * angle) / safe)
    turned: Float64Array = first * before + second * after
    return turned


@dataclass(frozen=True)
class Animation:
    """What was read.

    Attributes:
        document: the file's JSON.
        curves: one animation's, by node and path.
        parents: parent of every node, -1 for none.
    """

    document: Mapping[str, Any]
    curves: Mapping[tuple[int, str], Curve]
    parents: tuple[int, ...]

    def rest_rotation(self, node: int) -> Float64Array:
        """(4,) rotation x, y, z, w of a node as it stands in the file."""
        given = np.array(self.document["nodes"][node].get("rotation", (0, 0, 0, 1)), np.float64)
        length = np.linalg.norm(given) if given.shape == (4,) else 0.0
        if not np.isfinite(length) or length < 1e-6:
            raise ValueError("the rotation of a node is none")
        unit: Float64Array = given / length
        return unit


def described(data: bytes) -> Mapping[str, Any]:
    """The JSON of a binary glTF file.

    Raises:
        ValueError: it is damaged.
    """
    return _chunks(data)[0]


def read_animation(data: bytes, moving: str | None = None) -> Animation:
    """Read the nodes and an animation of a binary glTF file.

    Args:
        data: the file.
        moving: the first animation that moves such a property of any node is read; None for the very first.

    Raises:
        ValueError: it is damaged, or uses what is not read: several buffers, sparse accessors.
    """
    document, binary = _chunks(data)
    nodes = _objects(document, "nodes")
    parents = _parents(nodes)
    animations = _objects(document, "animations")
    if not animations:
        raise ValueError("it holds no animation")
    animation = animations[0]
    if moving is not None:
        animation = next((one for one in animations if moving in _paths(one)), animation)
    samplers = _objects(animation, "samplers")
    curves = {}
    for channel in _objects(animation, "channels"):
        target = channel.get("target")
        if not isinstance(target, dict) or target.get("path") not in _KINDS:
            continue
        node = target.get("node")
        if node is None:
            continue
        sampler = samplers[_index(channel.get("sampler"), samplers)]
        place = _index(node, nodes)
        curve = _curve(document, binary, sampler, target["path"])
        _check_numbers(curve, f"the {target['path']} of {_name(nodes[place], place)}")
        curves[place, target["path"]] = curve
    return Animation(document, curves, parents)


def _name(node: Mapping[str, Any], number: int) -> str:
    """What a node is called in messages."""
    name = node.get("name")
    return ascii(name[:_SHOWN]) if isinstance(name, str) and name else f"node {number}"


def _check_numbers(curve: Curve, what: str) -> None:
    """Refuse what is no number, or larger than any of a face, and say where it is."""
    if not np.isfinite(curve.times).all():
        raise ValueError(f"a time of {what} is no number")
    keys = curve.values.reshape(len(curve.times), -1)
    beyond = ~(np.abs(keys) <= _LARGEST)  # also where it is no number
    if beyond.any():
        key, column = (int(place) for place in np.argwhere(beyond)[0])
        value = keys[key, column]
        told = f"{value:.6g}, more than a face can have" if np.isfinite(value) else "what is no number"
        raise ValueError(f"{what} has at {curve.times[key]:.3f} s (key {key + 1}) {told}")


def _paths(animation: Mapping[str, Any]) -> set[str]:
    """What an animation moves."""
    targets = [channel.get("target") for channel in _objects(animation, "channels")]
    return {str(target.get("path")) for target in targets if isinstance(target, dict)}


def _chunks(data: bytes) -> tuple[dict[str, Any], bytes]:
    if len(data) < 20 or data[:4] != MAGIC:
        raise ValueError("it is no binary glTF file")
    version, total = struct.unpack_from("<II", data, 4)
    if version != _VERSION or not 20 <= total <= len(data):
        raise ValueError("it is of another version of glTF, or was cut off")
    chunks: dict[int, bytes] = {}
    at = 12
    while at + 8 <= total:
        length, kind = struct.unpack_from("<II", data, at)
        if at + 8 + length > total:
            raise ValueError("a part of it is longer than the file")
        chunks.setdefault(kind, data[at + 8 : at + 8 + length])
        at += 8 + length
    if _JSON not in chunks:
        raise ValueError("it lacks its description")
    document = parse_json(chunks[_JSON].rstrip(b"\x00 "))
    if not isinstance(document, dict):
        raise ValueError("its description is no object")
    return document, chunks.get(_BIN, b"")


def _objects(holder: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = holder.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"its {name} are no list of objects")
    return found


def _index(value: Any, among: Sequence[Any]) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < len(among):
        raise ValueError("it refers to what it does not hold")
    return value


def _parents(nodes: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    parents = [-1] * len(nodes)
    for index, node in enumerate(nodes):
        children = node.get("children", [])
        if not isinstance(children, list):
            raise ValueError("the children of a node are no list")
        for child in children:
            if parents[_index(child, nodes)] >= 0:
                raise ValueError("a node has two parents")
            parents[child] = index
    for start in range(len(nodes)):
        at, steps = start, 0
        while at >= 0:
            at, steps = parents[at], steps + 1
            if steps > len(nodes):
                raise ValueError("a node is its own parent")
    return tuple(parents)


def _curve(document: Mapping[str, Any], binary: bytes, sampler: Mapping[str, Any], path: str) -> Curve:
    interpolation = sampler.get("interpolation", "LINEAR")
    if interpolation not in ("LINEAR", "STEP", "CUBICSPLINE"):
        raise ValueError("an animation has an unknown interpolation")
    times = _array(document, binary, sampler.get("input"), "SCALAR")[:, 0]
    values = _array(document, binary, sampler.get("output"), _KINDS[path])
    if path == WEIGHTS:  # one number after the other: those of all shapes, for every key
        of_one = len(times) * (3 if interpolation == "CUBICSPLINE" else 1)
        if len(values) % of_one:
            raise ValueError("an animation has not a value of every shape for each time")
        values = values.reshape(-1, len(values) // of_one)
    if not (np.diff(times) >= 0).all() or times[0] < 0:
        raise ValueError("the times of an animation do not advance")
    if interpolation == "CUBICSPLINE":
        if len(values) != 3 * len(times):
            raise ValueError("an animation has not three values for each time")
        values = values.reshape(len(times), 3, -1)
    elif len(values) != len(times):
        raise ValueError("an animation has not a value for each time")
    return Curve(times, values, interpolation, turns=path == "rotation")


def _array(document: Mapping[str, Any], binary: bytes, place: Any, kind: str) -> Float64Array:
    """(N, width) numbers of an accessor."""
    accessors, views = _objects(document, "accessors"), _objects(document, "bufferViews")
    accessor = accessors[_index(place, accessors)]
    if accessor.get("type") != kind or accessor.get("componentType") not in _NUMBERS or "sparse" in accessor:
        raise ValueError("an animation holds numbers of a kind that is not read")
    view = views[_index(accessor.get("bufferView"), views)]
    if view.get("buffer") != 0:
        raise ValueError("its numbers lie in another file")
    dtype, full = _NUMBERS[accessor["componentType"]]
    width = _WIDTHS[kind]
    row = width * dtype.itemsize
    stride, rows = _whole(view.get("byteStride", row)), _whole(accessor.get("count"))
    if not 1 <= rows <= _MOST or not row <= stride <= 255:
        raise ValueError("an accessor is damaged")
    begin = _whole(view.get("byteOffset", 0)) + _whole(accessor.get("byteOffset", 0))
    needed = stride * (rows - 1) + row
    if begin + needed > len(binary):
        raise ValueError("an animation is longer than the file")
    raw = np.frombuffer(binary, np.uint8, needed, begin)
    strided = np.lib.stride_tricks.as_strided(raw, (rows, row), (stride, 1), writeable=False)
    array: Float64Array = np.ascontiguousarray(strided).view(dtype).astype(np.float64).reshape(rows, width)
    if accessor["componentType"] != _FLOAT:
        if not accessor.get("normalized"):
            raise ValueError("an animation holds whole numbers that stand for none")
        array = np.maximum(array / full, -1.0)
    return array


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("an accessor is damaged")
    return value
