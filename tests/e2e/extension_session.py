"""A Blender session with the installed extension, run by test_extension.py in a process of its own.

Prints one JSON object with what it saw. The process ends the ordinary way on purpose: with a class,
handler or timer left behind, some Blender versions crash or hang there.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import bpy
from blender_session import (
    PACKAGE,
    disabled_at_the_end,
    ended,
    generate,
    install,
    make_environment,
    module,
    pump_until,
)

CLASSES = (
    "ELOCUTE_PT_generate",
    "ELOCUTE_PT_options",
    "ELOCUTE_OT_generate",
    "ELOCUTE_OT_cancel",
    "ELOCUTE_OT_set_up",
    "ELOCUTE_OT_check_setup",
    "ELOCUTE_OT_add_head",
)


def registered():
    """Names of our classes that Blender knows."""
    return [name for name in CLASSES if hasattr(bpy.types, name)]


def scene_facts():
    """What stands in the scene."""
    scene = bpy.context.scene
    editor = scene.sequence_editor
    strips = [] if editor is None else (editor.strips if hasattr(editor, "strips") else editor.sequences)
    head = next((o for o in scene.objects if "elocute_basis" in o), None)
    return {
        "head": head.name if head else None,
        "actions": sorted(a.name for a in bpy.data.actions),
        "strips": len(strips),
        "frame_end": scene.frame_end,
    }


def gone(pid, seconds=30.0):
    """Whether a process ends, and was waited for, within that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def run(zip_file, work, backend_python, audio):
    """Everything a user does, in order."""
    import addon_utils  # bpy makes it importable

    facts = {}
    install(zip_file)
    facts["installed"] = registered()
    extension = importlib.import_module(PACKAGE)
    extension.unregister()
    facts["unregistered"] = registered()
    extension.register()
    facts["registered_again"] = registered()

    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    generator = module("blender.operators.generate")
    facts["blocker_before_setup"] = generator.generate_blocker(bpy.context)
    facts["setup_blocker"] = module("blender.operators.set_up").setup_blocker(bpy.context)
    make_environment(work / "environment", backend_python)
    facts["blocker_without_audio"] = generator.generate_blocker(bpy.context)

    bpy.context.scene.render.fps = 24
    facts["generated"] = generate(audio)
    facts["scene"] = scene_facts()
    bpy.context.scene.elocute.seed = 5
    facts["second"] = generate(audio)
    session = module("blender.session.jobs").session()
    facts["models"] = session.model_names()
    facts["styles"] = session.styles("")
    facts["notes"] = session.status.notes
    facts["second_scene"] = scene_facts()

    before = scene_facts()
    bad = work / "text.wav"
    bad.write_text("this is no sound")
    facts["bad"] = generate(bad)
    bpy.context.scene.elocute.audio = str(audio)
    bpy.context.scene.elocute.seed = 6  # what was made before is there at once
    bpy.ops.elocute.generate()
    bpy.ops.elocute.cancel()
    facts["cancelled"] = pump_until(ended)

    server = module("blender.session.jobs").session()._server
    bpy.context.scene.elocute.seed = 7
    bpy.ops.elocute.generate()
    pump_until(lambda status: status.stage not in ("", "service", "upload"))
    os.kill(server.pid, signal.SIGKILL)
    facts["killed"] = pump_until(ended)
    facts["untouched"] = scene_facts() == before
    facts["after_killed"] = generate(audio)

    preferences.place = "REMOTE"
    facts["blocker_remote"] = generator.generate_blocker(bpy.context)
    preferences.url = "http://127.0.0.1:9"
    facts["remote_dead"] = generate(audio)
    preferences.place = "LOCAL"

    pid = (
        module("blender.session.jobs")
        .session()
        .local_service(module("blender.ui.preferences").read_settings())
        .pid
    )
    facts["service_ran"] = pid is not None
    addon_utils.disable(PACKAGE, default_set=True)
    facts["disabled"] = registered()
    facts["service_left"] = pid is not None and not gone(pid)
    facts["scene_property_left"] = hasattr(bpy.types.Scene, "elocute")
    return facts


if __name__ == "__main__":
    with disabled_at_the_end():
        found = run(*map(Path, sys.argv[1:]))
    sys.stdout.write("\nFACTS " + json.dumps(found) + "\n")
