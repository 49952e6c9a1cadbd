"""What the scripts that run in a Blender of their own share: the installed extension and its work."""

from __future__ import annotations

import contextlib
import importlib
import json
import time

import addon_utils
import bpy

PACKAGE = "bl_ext.user_default.elocute"


def install(zip_file):
    """Install and enable the extension; returns its preferences."""
    bpy.ops.extensions.package_install_files(
        filepath=str(zip_file), repo="user_default", enable_on_install=True
    )
    return bpy.context.preferences.addons[PACKAGE].preferences


@contextlib.contextmanager
def disabled_at_the_end():
    """Disable the extension even when the session fails.

    With a class or timer still registered Blender hangs when it exits (4.5) or crashes (4.2), which
    would hide what went wrong.
    """
    try:
        yield
    finally:
        if PACKAGE in bpy.context.preferences.addons:
            addon_utils.disable(PACKAGE, default_set=True)


def module(name):
    """A module of the installed extension."""
    return importlib.import_module(f"{PACKAGE}.addon.{name}")


def make_environment(folder, backend_python):
    """A folder that passes for the environment that the preferences want, with that interpreter."""
    bpy.context.preferences.addons[PACKAGE].preferences.environment = str(folder)
    plan = module("blender.ui.preferences").read_settings().plan()
    plan.python.parent.mkdir(parents=True, exist_ok=True)
    plan.python.write_text(f'#!/bin/sh\nexec "{backend_python}" "$@"\n')
    plan.python.chmod(0o755)
    marker = {"state": "ready", "fingerprint": plan.fingerprint()}
    (folder / module("core.backend.environment").MARKER).write_text(json.dumps(marker))
    bpy.ops.elocute.check_setup()


def pump_until(condition, seconds=120.0):
    """Tick as the timer would until the condition holds."""
    jobs = module("blender.session.jobs")
    deadline = time.monotonic() + seconds
    while not condition(jobs.session().status):
        if time.monotonic() > deadline:
            raise TimeoutError(str(jobs.session().status))
        jobs.pump()
        time.sleep(0.02)
    status = jobs.session().status
    return {
        "phase": status.phase.value,
        "message": status.message,
        "hint": status.hint,
        "notes": status.notes,
    }


def ended(status):
    """Whether no work is going on."""
    return not status.busy


def generate(audio):
    """Press Generate and wait."""
    bpy.context.scene.elocute.audio = str(audio)
    bpy.ops.elocute.generate()
    return pump_until(ended)
