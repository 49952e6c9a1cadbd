"""VRM animations: expressions, neck and head, and where the eyes look, on the bones of every VRM body.

VRM Consortium, VRMC_vrm_animation 1.0: every expression is a node whose translation along x is its weight;
the gaze is the rotation of a node, yaw about y after pitch about x; a bone's rotation counts from the T-pose,
whose nodes may be turned in any way. Models face +z, x to their left, as Elocute's axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.vocabulary import ARKIT, COLUMN
from elocute.exchange.angles import degrees_about, quaternions, turned
from elocute.exchange.clip_controls import controls_of
from elocute.exchange.control_names import ENOUGH, control_named, lacking, pascal
from elocute.exchange.export_format import Export, ExportFormat, Flag
from elocute.exchange.glb import MAGIC, Animation, Writer, read_animation
from elocute.exchange.glb_motion import head_turn, moments, rotations
from elocute.exchange.import_format import Capture, Document, ImportFormat
from elocute.exchange.vrm_controls import READ, expressions_of, gaze, neck_and_head, values_of_expressions
from elocute.storage.atomic_write import write_atomically

Float64Array = NDArray[np.float64]

EXTENSION: Final = "VRMC_vrm_animation"
_PERFECT_SYNC: Final = Flag(
    "perfect-sync", "ARKit's 52 blend shapes as custom expressions, for models that have them"
)
BONES: Final[Mapping[str, tuple[str, tuple[float, float, float]]]] = {
    "spine": ("hips", (0.0, 0.1, 0.0)),
    "chest": ("spine", (0.0, 0.14, 0.0)),
    "neck": ("chest", (0.0, 0.25, -0.01)),
    "head": ("neck", (0.0, 0.09, 0.01)),
    **{
        side + bone: (parent if parent in ("hips", "chest") else side + parent, (sign * x, y, z))
        for side, sign in (("left", 1), ("right", -1))
        for bone, parent, (x, y, z) in (
            ("UpperLeg", "hips", (0.08, -0.04, 0.0)),
            ("LowerLeg", "UpperLeg", (0.0, -0.42, 0.0)),
            ("Foot", "LowerLeg", (0.0, -0.41, 0.0)),
            ("UpperArm", "chest", (0.17, 0.19, 0.0)),
            ("LowerArm", "UpperArm", (0.25, 0.0, 0.0)),
            ("Hand", "LowerArm", (0.24, 0.0, 0.0)),
        )
    },
}
"""The bones that a body must have, besides its hips, and neck and chest: parent, and place in metres, in
T-pose."""
_HIPS: Final = (0.0, 0.95, 0.0)
_EYES_FROM_HEAD: Final = (0.0, 0.06, 0.08)


def _recognises(document: Document) -> bool:
    return document.data.startswith(MAGIC)


def _read(document: Document) -> Capture:
    animation = read_animation(document.data)
    told = animation.document.get("extensions")
    said = told.get(EXTENSION) if isinstance(told, dict) else None
    if not isinstance(said, dict):
        raise ValueError("it is a glTF file, but no VRM animation")
    fps, times = moments(animation)
    values, notes = _values(animation, said, times)
    bones = _places(said, ("humanoid", "humanBones"), animation)
    head = head_turn(animation, [bones[name] for name in ("neck", "head") if name in bones], times)
    look = _place(said.get("lookAt"), animation)
    eyes: Float64Array | None = None
    if look is not None and (look, "rotation") in animation.curves:
        pitch, yaw, _ = np.radians(degrees_about(rotations(animation, look, times))).T
        eyes = np.tile(turned(pitch, yaw, np.zeros(len(times))), 2)
    return Capture(times, values, head, eyes, fps=fps, notes=notes)


def _values(
    animation: Animation, said: Mapping[str, Any], times: Float64Array
) -> tuple[Float64Array, tuple[str, ...]]:
    presets = _places(said, ("expressions", "preset"), animation)
    custom = _places(said, ("expressions", "custom"), animation)

    def weights(node: int) -> Float64Array:
        curve = animation.curves.get((node, "translation"))
        weight = np.zeros(len(times)) if curve is None else np.clip(curve.at(times)[:, 0], 0.0, 1.0)
        return weight

    controls = {control: node for name, node in custom.items() if (control := control_named(name))}
    strangers = sorted({*presets, *custom} - READ.keys() - {n for n in custom if control_named(n)})
    notes: tuple[str, ...] = ()
    if strangers:
        notes = (f"Expressions that are not known were left out: {', '.join(strangers[:5])}.",)
    if len(controls) < ENOUGH:
        given = {name: weights(node) for name, node in {**custom, **presets}.items()}
        values = values_of_expressions({**given, "neutral": np.zeros(len(times))})
    else:
        values = values_of_expressions({"neutral": np.zeros(len(times))})
        notes += lacking(controls)
    for control, node in controls.items():
        values[:, COLUMN[control]] = weights(node)
    return values, notes


def _places(said: Mapping[str, Any], path: tuple[str, str], animation: Animation) -> dict[str, int]:
    """Nodes by name; what is named without one is left out."""
    holder = said.get(path[0])
    named = holder.get(path[1]) if isinstance(holder, dict) else None
    if named is None:
        return {}
    if not isinstance(named, dict):
        raise ValueError(f"its {path[1]} are no object")
    places = {name: _place(value, animation) for name, value in named.items()}
    return {name: node for name, node in places.items() if node is not None}


def _place(value: Any, animation: Animation) -> int | None:
    node = value.get("node") if isinstance(value, dict) else None
    if node is None:
        return None
    if isinstance(node, bool) or not isinstance(node, int) or not 0 <= node < len(animation.parents):
        raise ValueError("it refers to what it does not hold")
    return node


def _write(export: Export) -> tuple[str, ...]:
    track, report = controls_of(export.clip, export.face)
    writer = Writer()
    times = writer.times(np.arange(track.frames) / track.fps)
    bones = {"hips": writer.node("hips", None, _HIPS)}
    for name, (parent, place) in BONES.items():
        bones[name] = writer.node(name, bones[parent], place)
    for name, turn in zip(("neck", "head"), neck_and_head(track), strict=True):
        writer.curve(bones[name], "rotation", times, quaternions(turn))
    look = writer.node("lookAt")
    writer.curve(look, "rotation", times, quaternions(gaze(track)))
    perfect = _PERFECT_SYNC.name in export.flags
    weights = (
        {pascal(name): np.clip(track.column(name), 0.0, 1.0) for name in ARKIT}
        if perfect
        else expressions_of(track)
    )
    named = {}
    for name, weight in weights.items():
        node = writer.node(name)
        writer.curve(node, "translation", times, np.column_stack([weight, np.zeros((track.frames, 2))]))
        named[name] = {"node": node}
    said = {
        "specVersion": "1.0",
        "humanoid": {"humanBones": {name: {"node": node} for name, node in bones.items()}},
        "expressions": {"custom" if perfect else "preset": named},
        "lookAt": {"node": look, "offsetFromHeadBone": list(_EYES_FROM_HEAD)},
    }
    roots = [bones["hips"], look, *(one["node"] for one in named.values())]
    content = writer.content(EXTENSION, said, roots)
    with write_atomically(export.path) as temporary:
        temporary.write_bytes(content)
    return (report.sentence(),) if report is not None else ()


FORMAT: Final = ExportFormat(
    name="vrma",
    title="a VRM animation with expressions, neck, head and gaze: .vrma",
    endings=(".vrma",),
    needs_face=False,
    takes_face=True,
    write=_write,
    flags=(_PERFECT_SYNC,),
)
READER: Final = ImportFormat("vrma", "a VRM animation (.vrma)", _recognises, _read)
