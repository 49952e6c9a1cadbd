"""A Blender session that runs the examples of docs/api.md with the installed extension, for test_api.py.

Prints one JSON object with what it saw. Works in the folder that it is given, where ``line.wav`` lies.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import bpy
import numpy as np
from blender_session import disabled_at_the_end, ended, install, make_environment, module, pump_until


def error_of(call):
    """The sentence with which a call is refused, or None."""
    try:
        call()
    except module("core.errors").UserError as error:
        return str(error)
    return None


def lines():
    """What the NLA plays on the scene's head: the name of each track, and the strip's range."""
    head = next(thing for thing in bpy.context.scene.objects if "elocute_basis" in thing)
    tracks = head.animation_data.nla_tracks if head.animation_data else ()
    return [[t.name, s.frame_start, s.frame_end] for t in tracks for s in t.strips if "rest" not in t.name]


def keyed(curve, owner):
    """Whether the action that plays on a data-block holds the keys of a curve."""
    strips = [s for t in owner.animation_data.nla_tracks for s in t.strips if s.action]
    found = [f for s in strips for f in module("blender.version_compat").strip_curves(s)]
    path, index = curve.channel.data_path, curve.channel.index
    return any(
        f.data_path == path
        and f.array_index == index
        and len(f.keyframe_points) == len(curve.frames)
        and np.allclose([p.co[1] for p in f.keyframe_points], curve.values, atol=1e-5)
        for f in found
    )


def run(zip_file, work, backend_python, examples):
    """Every example of the page's first part, in order; the background one is waited for."""
    facts, names = {}, {}
    install(zip_file)
    make_environment(work / "environment", backend_python)
    os.chdir(work)
    told = []
    for example in examples:
        exec(compile(example, "docs/api.md", "exec"), names)  # noqa: S102 - the page's own text
        told.append(pump_until(ended)["message"])
    api = names["api"]
    facts["background"] = next(message for message in told if "200" in message)
    facts["lines"] = lines()
    facts["takes"] = [
        bool(np.abs(names["takes"][0].clip.expression - names["takes"][1].clip.expression).max() > 1e-4),
        [take.options.seed for take in names["takes"]],
        [take.options.style for take in names["takes"]],
    ]
    facts["heard"] = [word.text for word in names["heard"].words]
    facts["quiet"] = float(np.abs(names["quiet"].clip.head).max())
    facts["options_kept"] = names["quiet"].options.interpolation

    before = sorted(action.name for action in bpy.data.actions)
    played = api.retarget(names["takes"][0], start_frame=25)
    facts["curves"] = len(played.curves)
    facts["frames"] = [played.first_frame, played.last_frame]
    facts["retarget_changed"] = sorted(action.name for action in bpy.data.actions) != before
    head = next(thing for thing in bpy.context.scene.objects if "elocute_basis" in thing)
    mesh = next(thing for thing in head.children if thing.type == "MESH" and thing.data.shape_keys)
    wide = max(
        played.curves, key=lambda c: float(np.ptp(c.values)) if "key_blocks" in c.channel.data_path else 0
    )
    facts["as_keyed"] = keyed(wide, mesh.data.shape_keys)
    facts["shifted_as_keyed"] = keyed(
        max(api.retarget(names["takes"][1], start_frame=25).curves, key=lambda c: c.channel == wide.channel),
        mesh.data.shape_keys,
    )

    names["takes"][0].save(work / "saved.npz")
    again = api.read_take(work / "saved.npz")
    facts["without_recording"] = api.key(again, head, start_frame=300, name="by hand").message
    facts["named"] = "by hand" in {action.name for action in bpy.data.actions}

    before = sorted(action.name for action in bpy.data.actions)
    cube = bpy.data.objects.new("Cube", bpy.data.meshes.new("Cube"))
    bpy.context.scene.collection.objects.link(cube)
    facts["refused"] = {
        "recording": error_of(lambda: api.generate("nowhere.wav")),
        "takes": error_of(lambda: api.generate("line.wav", takes=0)),
        "style": error_of(lambda: api.generate("line.wav", style="furious")),
        "character": error_of(lambda: api.key(again, "Nobody")),
        "cube": error_of(lambda: api.key(again, cube)),
        "options": error_of(lambda: api.generate("line.wav", options=api.SceneOptions(interpolation="FOO"))),
        "keyed options": error_of(lambda: api.key(again, options=api.SceneOptions(interpolation="FOO"))),
        "half a frame": error_of(lambda: api.key(again, start_frame=1.5)),
        "a word for a frame": error_of(lambda: api.retarget(again, start_frame="x")),
        "no object": error_of(lambda: api.key(again, 3)),
        "no motion": error_of(lambda: api.key(None, head)),
        "clip": error_of(lambda: api.read_take("line.wav")),
        "folder": error_of(lambda: again.save(work / "nowhere" / "x.npz")),
    }
    facts["refusals_changed"] = sorted(action.name for action in bpy.data.actions) != before
    return facts


if __name__ == "__main__":
    with disabled_at_the_end():
        found = run(*map(Path, sys.argv[1:4]), json.loads(sys.argv[4]))
    sys.stdout.write("\nFACTS " + json.dumps(found) + "\n")
