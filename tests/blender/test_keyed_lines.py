# ruff: noqa: F811 - fixtures
"""Keyed values of a line: they stay with it wherever it stands, and with its parts."""

from __future__ import annotations

import bpy

from addon.blender import version_compat
from addon.blender.ui.lines import split_line
from addon.core.lines.draft import LineDraft
from tests.blender.lines_at_work import add, recordings, session  # noqa: F401


def keyed_at(scene):
    """Name of a line -> the values that its intensity has in three frames, by what Blender keys."""
    found = {}
    for index, line in enumerate(scene.elocute_lines):
        for curve in version_compat.curves_of(scene):
            if curve.data_path == f"elocute_lines[{index}].intensity":
                found.setdefault(line.name, []).append([round(curve.evaluate(f), 4) for f in (1, 13, 25)])
    return found


def test_keys_of_a_line_stay_with_it_wherever_it_stands(session, recordings):
    scene, added = bpy.context.scene, add(recordings)
    for line, value in zip(added, (0.25, 0.5, 0.75), strict=True):
        for frame, factor in ((1, 1.0), (25, 2.0)):
            line.intensity = value * factor
            line.keyframe_insert("intensity", frame=frame)
    kept = keyed_at(scene)
    assert kept["three"][0][::2] == [0.75, 1.5]
    scene.elocute_active_line = 0
    bpy.ops.elocute.line_move(direction="DOWN")
    assert keyed_at(scene) == kept
    for line, start in zip(added, (90, 10, 50), strict=True):
        line.start_frame = start
    bpy.ops.elocute.lines_sort()
    assert keyed_at(scene) == kept
    scene.elocute_active_line = next(i for i, line in enumerate(added) if line.name == "two")
    bpy.ops.elocute.line_duplicate()
    assert keyed_at(scene) == {**kept, "two": kept["two"] * 2}
    bpy.ops.elocute.line_remove()
    assert keyed_at(scene) == kept
    bpy.ops.elocute.line_remove()
    assert len(keyed_at(scene)) == len(added) == 2
    bpy.ops.elocute.lines_clear()
    assert not [c for c in version_compat.curves_of(scene) if "elocute_lines" in c.data_path]


def test_the_parts_of_a_line_are_keyed_as_it_was(session, recordings):
    scene, added = bpy.context.scene, add(recordings[:1])
    for frame, value in ((1, 0.5), (25, 1.0)):
        added[0].intensity = value
        added[0].keyframe_insert("intensity", frame=frame)
    (kept,) = keyed_at(scene).values()
    drafts = [
        LineDraft(recordings[0], name, part, 0.0, 0.5) for name, part in (("a", "0-0.5"), ("b", "0.5-1"))
    ]
    split_line(scene, added[0].key, drafts)
    assert keyed_at(scene) == {"a": kept, "b": kept}


def test_parts_of_a_faster_line_play_as_fast_and_where_they_did(session, recordings):
    added = add(recordings[:1])
    added[0].speed, added[0].start_frame, added[0].style = 2.0, 11, "calm@0,angry@0.7"
    drafts = [LineDraft(recordings[0], name, part, start, 0.4) for name, part, start in (
        ("a", "0-0.4", 0.0), ("b", "0.6-1", 0.6)
    )]  # fmt: skip
    bpy.context.scene.render.fps = 50
    split_line(bpy.context.scene, added[0].key, drafts)
    assert [(line.name, line.speed, line.start_frame) for line in added] == [("a", 2.0, 11), ("b", 2.0, 26)]
    assert [line.style for line in added] == ["calm@0,angry@0.7", "calm@0,angry@0.1"]
