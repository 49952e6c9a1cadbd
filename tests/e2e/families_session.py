"""A Blender session that drives folders of Dimitra and THMM-DiT, in a process of its own; see
test_family_folders.py.

Arguments: zip file, folder to work in, the backend's interpreter, recordings as JSON, what make_families.py
says. Prints one JSON object with what it saw.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy
import numpy as np
from blender_session import disabled_at_the_end, generate, install, make_environment, module


def keys():
    """Every key of the file: its action, channel, frame and value."""
    compat = module("blender.version_compat")
    found = set()
    for thing in (*bpy.data.objects, *bpy.data.shape_keys):
        tracks = thing.animation_data.nla_tracks if thing.animation_data else ()
        for strip in (strip for track in tracks for strip in track.strips if strip.action):
            for curve in compat.strip_curves(strip):
                points = np.empty(2 * len(curve.keyframe_points))
                curve.keyframe_points.foreach_get("co", points)
                found.add((strip.action.name, curve.data_path, curve.array_index, points.tobytes()))
    return found


def run(zip_file, work, backend_python, recordings, made):
    """What a user with own models does: each of them, then folders and recordings that cannot be used.

    All folders are added before the service starts: it starts anew for each that is added later.
    """
    install(zip_file)
    make_environment(work / "environment", backend_python)
    good_models = ("tiny-dimitra", "tiny-thmm", "tiny-thmm-idle")
    for folder in made.values():
        bpy.ops.elocute.add_model_folder(directory=folder)
    make_environment(work / "environment", backend_python)
    facts = {"offered": module("blender.session.jobs").session().model_names(), "made": {}, "refused": {}}
    settings = bpy.context.scene.elocute
    good = recordings.pop("good")
    for name in good_models:
        settings.model = name
        before = keys()
        facts["made"][name] = generate(good)
        facts["made"][name]["keyed"] = len(keys() - before)
    facts["families"] = sorted({model.family for model in module("blender.session.jobs").session().models})
    kept = keys()
    for number, (name, path) in enumerate(recordings.items()):
        settings.model = good_models[number % 2]
        facts["refused"][name] = generate(path)
    for name in made.keys() - set(good_models):
        settings.model = name
        facts["refused"][name] = generate(good)
    facts["kept"] = kept <= keys()
    return facts


if __name__ == "__main__":
    zip_file, work, backend_python, recordings, made = sys.argv[1:]
    with disabled_at_the_end():
        found = run(Path(zip_file), Path(work), backend_python, json.loads(recordings), json.loads(made))
    sys.stdout.write("\nFACTS " + json.dumps(found) + "\n")
