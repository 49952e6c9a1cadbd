"""A Blender session with an extension that carries its packages, run by test_self_contained.py.

What a new user does: install the zip, press Generate. Prints one JSON object with what it saw.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import bpy
from blender_session import PACKAGE, disabled_at_the_end, ended, install, module, pump_until


def peak(pid):
    """Most memory, in MB, that a process and its living children have held, each."""
    total = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if int(lines["PPid"]) == pid or int(lines["Pid"]) == pid:
            total[int(lines["Pid"])] = int(lines.get("VmHWM", "0 kB").split()[0]) / 1024
    return total


def run(zip_file, work, audio, film=None):
    """Everything a new user does; with a film too, where one is given."""
    import addon_utils  # bpy makes it importable

    facts = {}
    began = time.monotonic()
    install(zip_file)
    facts["install_seconds"] = time.monotonic() - began
    session = module("blender.session.jobs").session()
    facts["ready"] = session.ready
    facts["online"] = bpy.app.online_access
    facts["extensions"] = bpy.utils.user_resource("EXTENSIONS")
    if session.built_in is None:
        return facts
    facts["folders"] = [str(folder) for folder in session.built_in.folders]
    facts["heavy_in_blender"] = [
        name for name in ("onnxruntime", "pocketsphinx", "elocute") if name in sys.modules
    ]

    began = time.monotonic()
    bpy.context.scene.elocute.audio = str(audio)
    bpy.ops.elocute.generate()
    facts["generated"] = pump_until(ended)
    facts["generate_seconds"] = time.monotonic() - began
    server = session.service()
    facts["python"] = str(Path(f"/proc/{server.pid}/exe").resolve()) if server.pid else ""
    environment = Path(f"/proc/{server.pid}/environ").read_bytes() if server.pid else b""
    facts["path_of_python"] = [
        line.decode()
        for line in environment.split(b"\0")
        if line.startswith((b"PYTHON", b"PATH=", b"POCKET"))
    ]
    memory = peak(server.pid)
    facts["service_mb"] = memory.get(server.pid, 0.0)
    facts["service_and_children_mb"] = sum(memory.values())
    facts["blender_mb"] = peak(os.getpid()).get(os.getpid(), 0.0)
    facts["models"] = session.model_names()
    head = next((o for o in bpy.context.scene.objects if "elocute_basis" in o), None)
    facts["head"] = head.name if head else None
    keys = next(o.data.shape_keys for o in bpy.data.objects if o.type == "MESH" and o.data.shape_keys)
    moved = set()
    for frame in range(1, 40, 3):
        bpy.context.scene.frame_set(frame)
        moved.add(tuple(round(key.value, 4) for key in keys.key_blocks))
    facts["different_faces"] = len(moved)
    began = time.monotonic()
    bpy.context.scene.elocute.seed = 3
    bpy.ops.elocute.generate()
    facts["again"] = pump_until(ended)
    facts["again_seconds"] = time.monotonic() - began
    if film is not None:
        began = time.monotonic()
        bpy.context.scene.elocute.audio = str(film)
        bpy.ops.elocute.generate()
        facts["film"] = pump_until(ended)
        facts["film_seconds"] = time.monotonic() - began
        facts["film_decoder"] = module("blender.film_sound").film_decoder() is not None
        facts["temporary"] = [path.name for path in Path(bpy.app.tempdir).iterdir()]
    pid = server.pid
    addon_utils.disable(PACKAGE, default_set=True)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and Path(f"/proc/{pid}").exists():
        time.sleep(0.05)
    facts["service_left"] = Path(f"/proc/{pid}").exists()
    return facts


if __name__ == "__main__":
    with disabled_at_the_end():
        found = run(*map(Path, sys.argv[1:]))
    sys.stdout.write("\nFACTS " + json.dumps(found) + "\n")
