"""A Blender session that drives a checkpoint folder, in a process of its own; see test_checkpoint_folder.py.

Arguments: zip file, folder to work in, the backend's interpreter, recording, what make_checkpoint.py says.
Prints one JSON object with what it saw.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy
import numpy as np
from blender_session import disabled_at_the_end, generate, install, make_environment, module
from mathutils import Vector


def lip_gap(rig, frames):
    """(T,) metres that the upper lip is above the lower one, seen from the head, on the posed mesh."""
    contacts = module("core.clip.contacts")
    head = module("blender.targets.head_rig")
    points = np.array(contacts.LIP_PAIRS).ravel()
    corners = np.array(rig.mesh[head.LANDMARK_CORNERS_KEY], np.int64).reshape(-1, 4)[points]
    weights = np.array(rig.mesh[head.LANDMARK_WEIGHTS_KEY], np.float64).reshape(-1, 4)[points]
    gaps = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        mesh = rig.mesh.evaluated_get(graph).data
        flat = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", flat)
        placed = np.einsum("pkc,pk->pc", flat.reshape(-1, 3)[corners].astype(np.float64), weights)
        skull = rig.armature.evaluated_get(graph).pose.bones["neck"]
        turned = (skull.matrix @ skull.bone.matrix_local.inverted()).to_3x3()
        up = np.array(turned @ Vector((0.0, 0.0, 1.0)))
        gaps.append(float((placed[0::2] - placed[1::2]).mean(axis=0) @ up))
    return gaps


def run(zip_file, work, backend_python, audio, made):
    """What a user of an own checkpoint does, in order."""
    facts = {}
    preferences = install(zip_file)
    make_environment(work / "environment", backend_python)
    session = module("blender.session.jobs").session()
    facts["blocker_plain"] = module("blender.operators.generate").generate_blocker(bpy.context)
    bpy.ops.elocute.add_model_folder(directory=made["model"])
    facts["blocker_more_packages"] = module("blender.operators.generate").generate_blocker(bpy.context)
    make_environment(work / "environment", backend_python)
    facts["offered"] = session.model_names()

    scene = bpy.context.scene
    scene.render.fps = 25
    bpy.ops.elocute.add_head_file(filepath=made["face"])
    rig = module("blender.targets.head_rig").head_of(bpy.context.active_object)
    facts["basis"] = rig.basis
    settings = scene.elocute
    settings.model = Path(made["model"]).name
    settings.start_frame = 1
    for contacts in (False, True):
        name = "with" if contacts else "without"
        settings.lip_contacts = contacts
        facts[name] = generate(audio)
        facts[f"gap_{name}"] = lip_gap(rig, [frame + 1 for frame in made["closed"]])
    facts["gap_at_rest"] = rest_gap(rig)
    facts["listed"] = [[model.id, model.family, model.basis] for model in session.models]
    facts["actions"] = sorted(action.name for action in bpy.data.actions)
    facts["heads"] = len(module("blender.targets.head_rig").heads_in(scene))

    settings.use_audio_scale, settings.audio_scale = True, 3.0
    facts["guided"] = generate(audio)
    facts["gap_guided"] = lip_gap(rig, [frame + 1 for frame in made["closed"]])
    settings.style = "no such style"
    facts["bad_style"] = generate(audio)
    assert preferences.models
    return facts


def rest_gap(rig):
    """The gap of the head without any motion."""
    for thing in (rig.keys, rig.armature):
        thing.animation_data.use_nla = False
    for block in rig.keys.key_blocks[1:]:
        block.value = 0.0
    for bone in rig.armature.pose.bones:
        bone.rotation_quaternion = (1.0, 0.0, 0.0, 0.0)
    (gap,) = lip_gap(rig, [1])
    for thing in (rig.keys, rig.armature):
        thing.animation_data.use_nla = True
    return gap


if __name__ == "__main__":
    zip_file, work, backend_python, audio, made = sys.argv[1:]
    with disabled_at_the_end():
        found = run(Path(zip_file), Path(work), backend_python, Path(audio), json.loads(made))
    sys.stdout.write("\nFACTS " + json.dumps(found) + "\n")
