"""The example line of a new user, and what helps to find a fault."""

from __future__ import annotations

import getpass
import platform
import sys
from pathlib import Path
from typing import Any

import bpy

from ...core.diagnostics import diagnostics, end_of, names_of, without_paths
from ...core.errors import UserError
from ..context import OperatorResult, scene_of, window_manager_of
from ..package import EXAMPLE, FOLDER, user_folder
from ..session import jobs
from ..ui.preferences import read_settings
from ..ui.properties import active_line, read_options, scene_settings
from .generate import begin_line
from .report import report_error
from .work import WorkOperator


class ELOCUTE_OT_try_example(WorkOperator, bpy.types.Operator):
    """Generate a line that comes with Elocute, on the selected character or on a head that is added"""

    bl_idname = "elocute.try_example"
    bl_label = "Try the example line"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender's way

    @classmethod
    def blocker(cls, context: bpy.types.Context) -> str:
        """Lines of the user's."""
        return "" if active_line(scene_of(context)) is None else "The scene has lines of its own."

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Choose it as if it were the user's, and begin."""
        settings: Any = scene_settings(scene_of(context))  # made from the table of options
        before = settings.audio, settings.transcript
        try:
            said = EXAMPLE.with_suffix(".txt").read_text(encoding="utf-8").strip()
            settings.audio, settings.transcript = str(EXAMPLE), said
            begin_line(context, None)
        except OSError as error:
            missing = UserError(f"{EXAMPLE.name} is missing.", "Install Elocute again.")
            settings.audio, settings.transcript = before
            return report_error(self, missing if error.filename else UserError(str(error)))
        except UserError as error:
            settings.audio, settings.transcript = before
            return report_error(self, error)
        return {"FINISHED"}


class ELOCUTE_OT_copy_diagnostics(bpy.types.Operator):
    """Copy what helps to find a fault: versions, the last message and the end of the service's log. Names
    of your folders, yours and the recording's are left out"""

    bl_idname = "elocute.copy_diagnostics"
    bl_label = "Copy diagnostics"
    bl_options = {"INTERNAL"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Put it on the clipboard."""
        window_manager_of(context).clipboard = diagnostics_of(context)
        self.report({"INFO"}, "Copied. Paste it where you report the fault.")
        return {"FINISHED"}


def diagnostics_of(context: bpy.types.Context) -> str:
    """The text that is copied."""
    session, settings = jobs.session(), read_settings()
    status = session.status
    service = "another address"
    if settings.place == "LOCAL":
        own = "packages of the extension" if session.built_in is not None else "no packages of its own"
        service = f"{own}, environment: {session.environment.value}"
    facts = {
        "Elocute": _version(),
        "Blender": f"{bpy.app.version_string} ({bpy.app.build_hash.decode('ascii', 'replace')})",
        "System": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": platform.python_version(),
        "Service": service,
        "Models": ", ".join(session.model_names()),
        "Online access": "on" if bpy.app.online_access else "off",
        "Last work": status.title,
        "Message": " ".join(filter(None, (status.message, status.hint))),
        "Notes": " ".join(status.notes),
    }
    text = diagnostics(facts, end_of(settings.log_file))
    known = {"Elocute": FOLDER, "files of Elocute": user_folder(), "Python": Path(sys.prefix)}
    options = read_options(scene_of(context))
    return without_paths(text, known, (_user(), platform.node(), *names_of(options.audio)))


def _version() -> str:
    manifest = (FOLDER / "blender_manifest.toml").read_text(encoding="utf-8")
    return next(line.split('"')[1] for line in manifest.splitlines() if line.startswith("version = "))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user here
        return ""


CLASSES = (ELOCUTE_OT_try_example, ELOCUTE_OT_copy_diagnostics)
